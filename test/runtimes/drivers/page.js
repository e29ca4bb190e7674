// Runs the spec in a page or a web worker, and checks what only browsers have.
import { compute, pack } from './spec.js';

const material = new URL('/material/', self.location.href);
const fetchBytes = async (path) => new Uint8Array(await (await fetch(new URL(path, material))).arrayBuffer());

/** `camwasm` is the library, `server` is camwasm/server where the page has it. */
export async function run(camwasm, server) {
  const { Explainer } = camwasm;
  const downloads = downloadsFrom();
  const compilations = compilationsFrom();
  const result = await compute({
    load: (model) => Explainer.load(model, { threads: 2 }),
    read: fetchBytes,
    camwasm,
    server,
  });
  await checkJpeg(camwasm);
  Object.assign(result.maps, await drawables(Explainer));
  // The model is loaded twice, and kept in between with the Cache API; a worker finds what the page has kept.
  for (const file of ['efficientnet-lite0', 'mozjpeg_dec', 'webp_dec']) {
    const count = downloads.filter((url) => url.includes(file)).length;
    if (count > 1) throw new Error(`${file} was fetched ${count} times`);
  }
  if (compilations() !== 2) throw new Error(`the two decoders were compiled ${compilations()} times`);
  return pack(result);
}

/** The addresses downloaded from here on; asking for headers alone does not count. */
function downloadsFrom() {
  const urls = [];
  const { fetch } = self;
  self.fetch = (what, init) => {
    const { method, url } = new Request(what, init);
    if (method === 'GET') urls.push(url);
    return fetch(what, init);
  };
  return urls;
}

/** Counts the compilations of WebAssembly from here on, without those that start an instance at once. */
function compilationsFrom() {
  let count = 0;
  const { compile } = WebAssembly;
  WebAssembly.compile = (bytes) => {
    count++;
    return compile(bytes);
  };
  return () => count;
}

/** A JPEG that this browser writes shows what it should. */
async function checkJpeg({ Explainer, overlay, toJPEG }) {
  const explainer = await Explainer.load();
  const photo = await fetchBytes('golf-ball.jpg');
  // Under a map of no opacity, the picture is the photo.
  const bytes = await toJPEG(await overlay(await explainer.explain(photo), { alpha: 0 }), { quality: 100 });
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new Error('toJPEG() gave no JPEG');
  const [best] = await explainer.predict(bytes);
  await explainer.close();
  if (best.label !== 'golf ball') throw new Error(`sees a ${best.label} in its JPEG`);
}

// All of one PNG, which each way decodes to the same pixels.
async function drawables(Explainer) {
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

/**
 * The files below a folder that the page has requested: scripts, and the runtime's wasm, two decoders, the model and its
 * three files of settings.
 */
export function checkRequests(folder, scripts) {
  const names = performance.getEntriesByType('resource').map(({ name }) => name);
  const files = [...new Set(names.filter((name) => name.includes(folder)))];
  if (files.filter((name) => /\.m?js$/.test(name)).length !== scripts || files.length > scripts + 7) {
    throw new Error(`${files.length} requests: ${files.join(', ')}`);
  }
}

/** Posts the result under the browser's name, which is the page's query. */
export const report = (name, work) =>
  work()
    .catch((error) => JSON.stringify({ error: `${error.stack ?? error}\n${error.cause?.stack ?? ''}` }))
    .then((body) =>
      fetch(`/result/${new URLSearchParams(location.search).get('browser')}/${name}`, {
        method: 'POST',
        body,
      }),
    );
