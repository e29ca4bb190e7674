// Runs the spec in a page or a web worker, and tells what browsers take besides bytes.
import { Explainer } from 'camwasm';
import * as server from 'camwasm/server';
import { compute, pack } from './spec.js';

const material = new URL('/material/', self.location.href);
const fetchBytes = async (path) => new Uint8Array(await (await fetch(new URL(path, material))).arrayBuffer());

export async function run() {
  const fetched = fetchedModels();
  const result = await compute({
    load: (model) => Explainer.load(model, { threads: 2 }),
    read: fetchBytes,
    server,
  });
  Object.assign(result.maps, await drawables());
  // Loaded twice, and kept in between with the Cache API; a worker finds what the page has kept.
  if (fetched.length > 1) throw new Error(`the model was fetched ${fetched.length} times`);
  return pack(result);
}

/** The built-in model's downloads from here on; a question for its headers is none. */
function fetchedModels() {
  const fetched = [];
  const { fetch } = self;
  self.fetch = (what, init) => {
    const { method, url } = new Request(what, init);
    if (method === 'GET' && url.includes('everyday36')) fetched.push(url);
    return fetch(what, init);
  };
  return fetched;
}

// All of one PNG, which each way decodes to the same pixels.
async function drawables() {
  const explainer = await Explainer.load();
  const map = async (image) => (await explainer.explain(image, { method: 'layercam' })).heatmap.data;
  const blob = await (await fetch(new URL('small.png', material))).blob();
  const bitmap = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const maps = {
    'drawn Blob': await map(blob),
    'drawn File': await map(new File([blob], 'small.png')),
    'drawn ImageBitmap': await map(bitmap),
    'drawn OffscreenCanvas': await map(canvas),
    'drawn ImageData': await map(context.getImageData(0, 0, bitmap.width, bitmap.height)),
  };
  if (typeof document !== 'undefined') {
    const img = new Image();
    img.src = new URL('small.png', material).href;
    await img.decode();
    maps['drawn HTMLImageElement'] = await map(img);
  }
  await explainer.close();
  return maps;
}

export const report = (name, work) =>
  work()
    .catch((error) => JSON.stringify({ error: `${error.stack ?? error}\n${error.cause?.stack ?? ''}` }))
    .then((body) => fetch(`/result/${name}`, { method: 'POST', body }));
