// What every runtime computes with the installed package, and what it must be like. Plain JavaScript over what a
// runtime hands in, so that the same file runs in all of them.

/** Tiny networks with maps that PyTorch and pytorch-grad-cam computed: test/fixtures. */
export const FIXTURES = ['gap', 'resnet', 'mobilenet_v2', 'squeezenet'];
export const CAMS = ['gradcam', 'layercam', 'scorecam'];
/** Marks a fixture's twin in half precision. */
export const FLOAT16 = '-float16';
const GUIDED = ['gap', 'squeezenet'];

/**
 * @param {object} runtime
 * @param {(model?: Uint8Array) => Promise<import('camwasm').Explainer>} runtime.load the built-in model, or this one
 * @param {(path: string) => Promise<Uint8Array>} runtime.read a file of the material
 * @param {Pick<typeof import('camwasm'), 'overlay' | 'toPNG'>} runtime.camwasm
 * @param {typeof import('camwasm/server')} [runtime.server] left out in a page with the one file alone
 * @returns {Promise<{ maps: Record<string, Float32Array>, threads: object }>}
 */
export async function compute({ load, read, camwasm, server }) {
  const maps = {};
  const photo = await read('golf-ball.jpg');
  const explainer = await load();
  const method = [...CAMS, 'guided-backprop'];
  const { prediction, explanations, failures } = await explainer.explainAll(photo, { method, channels: 64 });
  if (failures.length > 0) throw failures[0].error;
  if (prediction[0].label !== 'golf ball') throw new Error(`sees a ${prediction[0].label}`);
  for (const { method, heatmap, raw, shows } of explanations) {
    maps[`builtin ${method}`] = shows === 'signed' ? raw[0].data : heatmap.data;
  }
  const blob = await explainer.explain(new Blob([photo]));
  maps['builtin Blob'] = blob.heatmap.data;
  maps['builtin WebP'] = (await explainer.explain(await read('golf-ball.webp'))).heatmap.data;

  for (const name of FIXTURES) {
    const file = async (path) => read(`fixtures/${name}/${path}`);
    const { layer, target } = JSON.parse(new TextDecoder().decode(await file('meta.json')));
    const small = await load(await file('model.onnx'));
    const method = GUIDED.includes(name) ? [...CAMS, 'guided-backprop'] : CAMS;
    const options = { method, layer, target, compat: 'pytorch-grad-cam' };
    const { explanations, failures } = await small.explainAll(npy(await file('input.npy')), options);
    if (failures.length > 0) throw failures[0].error;
    for (const { method, heatmap, raw, shows } of explanations) {
      maps[`${name} ${method}`] = shows === 'signed' ? raw[0].data : heatmap.data;
    }
    await small.close();
  }

  await atOnce(load, read, { photo, server });

  const half = await load(await read('fixtures/gap/model-float16.onnx'));
  const { layer, target } = JSON.parse(new TextDecoder().decode(await read('fixtures/gap/meta.json')));
  const image = npy(await read('fixtures/gap/input.npy'));
  for (const method of CAMS) {
    const options = { method, layer, target, compat: 'pytorch-grad-cam' };
    maps[`gap-float16 ${method}`] = (await half.explain(image, options)).heatmap.data;
  }
  await half.close();

  // A picture out, and the same picture in again.
  const again = { method: 'layercam', class: 'golf ball' };
  if (server) {
    const { overlay, map, close } = throughServer(server, explainer);
    maps['builtin PNG'] = await map(await overlay(photo, { method: 'layercam' }), again);
    await close();
  } else {
    const png = await camwasm.toPNG(
      await camwasm.overlay(await explainer.explain(photo, { method: 'layercam' })),
    );
    maps['builtin PNG'] = (await explainer.explain(png, again)).heatmap.data;
  }
  return { maps, threads: explainer.threads };
}

/** Six models with methods of every kind: without gradients, with them, at the input, and with many runs. */
const AT_ONCE = {
  gap: ['scorecam', 'fullgrad'],
  resnet: ['layercam', 'saliency'],
  mobilenet_v2: ['eigencam'],
  squeezenet: ['guided-backprop'],
  'gap-float16': ['gradcam'],
  everyday36: ['gradcam'],
};

/**
 * Six explainers at once, loaded and closed in between, and requests to one server with six models, compute what they
 * compute one after another.
 */
async function atOnce(load, read, { photo, server }) {
  const models = await Promise.all(
    Object.keys(AT_ONCE).map(async (name) => {
      if (name === 'everyday36') return { name, image: photo, body: photo };
      const folder = `fixtures/${name.replace(FLOAT16, '')}`;
      const model = await read(`${folder}/model${name.endsWith(FLOAT16) ? FLOAT16 : ''}.onnx`);
      const body = await read(`${folder}/input.npy`);
      return { name, model, image: npy(body), body };
    }),
  );
  const explain = async ({ name, model, image }) => {
    const maps = [];
    for (const method of AT_ONCE[name]) {
      const explainer = await load(model);
      const { explanations, failures } = await explainer.explainAll(image, { method });
      if (failures.length > 0) throw failures[0].error;
      maps.push(explanations[0].raw[0].data);
      await explainer.close();
    }
    return maps;
  };
  const ask =
    (fetch) =>
    async ({ name, body }) => {
      const maps = [];
      for (const method of AT_ONCE[name]) {
        const url = `http://camwasm.test/explain?model=${name}&method=${method}&format=npy`;
        const response = await fetch(new Request(url, { method: 'POST', body }));
        if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
        maps.push(npy(new Uint8Array(await response.arrayBuffer())).data);
      }
      return maps;
    };
  await compareAtOnce(models, explain);
  if (!server) return;
  const loaders = models.map(({ name, model }) => [name, () => load(model)]);
  const { fetch, close } = server.createHandler({ models: Object.fromEntries(loaders) });
  await compareAtOnce(models, ask(fetch));
  await close();
}

async function compareAtOnce(models, work) {
  const expected = [];
  for (const model of models) expected.push(await work(model));
  const found = await Promise.all(models.map(work));
  for (const [i, maps] of expected.entries()) {
    for (const [at, map] of maps.entries()) {
      if (!map.every((value, k) => Object.is(value, found[i][at][k])))
        throw new Error(`${models[i].name}, map ${at}: another one at once with others`);
    }
  }
}

/** An explainer behind the request handler. */
function throughServer({ createHandler }, explainer) {
  const handler = createHandler({
    models: { builtin: () => Promise.resolve(explainer) },
    limits: { seconds: 3600 }, // the machine may be busy
  });
  const post = async (body, query, accept) => {
    const url = `http://camwasm.test/explain?${new URLSearchParams(query)}`;
    const response = await handler.fetch(new Request(url, { method: 'POST', body, headers: { accept } }));
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  return {
    overlay: (image, query) => post(image, query, 'image/png'),
    map: async (image, query) => npy(await post(image, query, 'application/x-npy')).data,
    close: () => handler.close(),
  };
}

/** Where PyTorch's own map of a result lies, if it made one. */
export function oracleOf(name) {
  const [model, method] = name.replace(FLOAT16, '').split(' ');
  if (!FIXTURES.includes(model)) return undefined;
  return `fixtures/${model}/${method === 'guided-backprop' ? 'guided_backprop' : `cam_${method}`}.npy`;
}

/** A float32 .npy file of version 1. */
export function npy(bytes) {
  const start = 10 + new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
  const header = new TextDecoder().decode(bytes.subarray(10, start));
  const dims = /\(([^)]*)\)/.exec(header)[1].match(/\d+/g).map(Number);
  return { type: 'float32', dims, data: new Float32Array(bytes.slice(start).buffer) };
}

/** Maps as JSON can carry them, and back. */
export function pack({ maps, threads }) {
  return JSON.stringify({ threads, maps: Object.entries(maps).map(([name, data]) => [name, base64(data)]) });
}

export function unpack(text) {
  const { threads, maps, error } = JSON.parse(text);
  if (error) throw new Error(error);
  const floats = (data) =>
    new Float32Array(Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)).buffer);
  return { threads, maps: new Map(maps.map(([name, data]) => [name, floats(data)])) };
}

function base64({ buffer, byteOffset, byteLength }) {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}
