// What is fuzzed. Each kind makes one hostile input from a source of numbers, and does with it what a program would.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import encodeWebp, { init } from '@jsquash/webp/encode.js';
import { run as runCommand } from '../../src/cli/run.ts';
import { decode } from '../../src/image/decode.ts';
import { readNpy } from '../../src/image/npy.ts';
import { crc32 } from '../../src/image/png.ts';
import {
  Explainer,
  type ExplainOptions,
  inspect,
  type LoadOptions,
  type MethodId,
  readNpyNumbers,
} from '../../src/index.ts';
import { type OptionName, OPTIONS, optionsOf } from '../../src/options/index.ts';
import { createHandler } from '../../src/server/index.ts';
import { cmykJpeg, encodeWith, picture } from '../../test/image/pictures.ts';
import { below, type Draw, EDGES, joined, mutated, mutatedMessage, mutatedText, oneOf } from './mutate.ts';

/** What came of a case: `result`, or the code of an error. A thrown error that has no code is a failure. */
export type Outcome = string;

/** @throws {unknown} the error of the case. */
export type Kind = (draw: Draw) => Promise<Outcome>;

/** One thread, so that a case is the same again; a bounded runtime. */
const LOAD: LoadOptions = { threads: 1, memory: 700 };

const root = fileURLToPath(new URL('../../', import.meta.url));
const file = (path: string) => new Uint8Array(readFileSync(join(root, path)));

const MODELS = ['gap', 'lrn', 'segmentation', 'squeezenet', 'vit', 'resnet'].map((name) =>
  file(`test/fixtures/${name}/model.onnx`),
);
const GAP = MODELS[0];
const METHODS: readonly MethodId[] = ['gradcam', 'layercam', 'eigencam', 'saliency', 'gradcampp', 'scorecam'];

const PICTURE = picture(24, 16, (x, y) => [(x * 37 + y * 11) % 256, (x * y) % 256, (x + 7 * y) % 256]);

async function webp(): Promise<Uint8Array> {
  const wasm = file('node_modules/@jsquash/webp/codec/enc/webp_enc_simd.wasm');
  await (init as unknown as (module: WebAssembly.Module) => Promise<unknown>)(
    await WebAssembly.compile(wasm as BufferSource),
  );
  return new Uint8Array(await encodeWebp({ ...PICTURE, colorSpace: 'srgb' } as unknown as ImageData));
}

/** Good pictures: each format, and those of the tests that are turned, animated, deep or of four inks. */
const PICTURES: Promise<readonly Uint8Array[]> = (async () => {
  const stored = ['stored', 'deep'].flatMap((name) => [
    ...readFileSync(join(root, `test/image/${name}.json`), 'utf8').matchAll(/"([A-Za-z0-9+/=]{80,})"/g),
  ]);
  const made = ['png', 'jpeg', 'bmp', 'gif', 'tiff'].map((type) =>
    encodeWith(`image/${type}` as 'image/png', PICTURE),
  );
  return [
    ...(await Promise.all(made)),
    await webp(),
    cmykJpeg([
      [0, 99, 0, 0],
      [9, 0, 200, 50],
    ]),
    ...stored.map(([, base64]) => new Uint8Array(Buffer.from(base64, 'base64'))),
  ];
})();

/** With the checksums of its chunks corrected, so that a decoder looks further than those. */
function checked(png: Uint8Array): Uint8Array {
  const out = png.slice();
  const view = new DataView(out.buffer);
  for (let at = 8; at + 12 <= out.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > out.length) break;
    view.setUint32(end, crc32(out.subarray(at + 4, end)));
    at = end + 4;
  }
  return out;
}

async function hostilePicture(draw: Draw): Promise<Uint8Array> {
  const bytes = mutated(oneOf(draw, await PICTURES), draw);
  return bytes[0] === 0x89 && draw() < 0.8 ? checked(bytes) : bytes;
}

const hostileModel = (draw: Draw): Uint8Array => {
  const bytes = oneOf(draw, MODELS);
  let out = draw() < 0.15 ? mutated(bytes, draw) : mutatedMessage(bytes, draw);
  if (draw() < 0.5) out = mutatedMessage(out, draw);
  return out;
};

/** A `.npy` file of the tests with its header or data changed, or one of any header. */
function hostileTensor(draw: Draw): Uint8Array {
  const good = file('test/fixtures/gap/input.npy');
  if (draw() < 0.5) return mutated(good, draw);
  const type = oneOf(draw, ['<f4', '<f8', '<f2', '<i8', '|b1', '|u1', '>f4', '|O', 'constructor']);
  const dims = Array.from({ length: below(draw, 6) }, () => oneOf(draw, EDGES));
  const header = `{'descr': '${type}', 'fortran_order': ${oneOf(draw, ['False', 'True', 'None'])}, 'shape': (${dims.join(', ')}), }`;
  const length = oneOf(draw, [header.length, ...EDGES]) & 0xffff;
  const start = [0x93, ...Buffer.from('NUMPY'), 1 + below(draw, 4), 0, length & 255, length >> 8];
  return joined(Uint8Array.from(start), Buffer.from(header), good.subarray(128, 128 + below(draw, 4096)));
}

async function explained(model: Uint8Array | string, options: LoadOptions, draw: Draw): Promise<Outcome> {
  const explainer = await Explainer.load(model, { ...LOAD, ...options });
  try {
    const call: ExplainOptions = { method: oneOf(draw, METHODS) };
    const { heatmap, warnings } = await explainer.explain(PICTURE, call);
    // A mutated weight may overflow, which is told.
    const isFinite = heatmap.data.every(Number.isFinite) || warnings.length === 0;
    if (isFinite && heatmap.data.some((value) => !(value >= 0 && value <= 1)))
      throw new Error('a heatmap outside of 0..1');
    return 'result';
  } finally {
    await explainer.close();
  }
}

/** A folder for a case, removed with all that it holds. */
async function inFolder(work: (folder: string) => Promise<Outcome>): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'camwasm-fuzz-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As many as the network has classes. */
const LABELS = ['ant', 'bee', 'cat', 'dog', 'elk', 'fox', 'gnu', 'hen', 'ibex', 'jay'];
const lines = (line: (label: string, index: number) => string): string => LABELS.map(line).join('');

const SETTINGS: readonly (readonly [name: string, content: string | object])[] = [
  ['config.json', { id2label: { ...LABELS }, image_size: 32, model_type: 'vit' }],
  [
    'config.json',
    {
      pretrained_cfg: {
        ...{ input_size: [3, 32, 32], interpolation: 'bicubic', crop_pct: 0.9 },
        ...{ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
      },
      label_names: LABELS,
    },
  ],
  [
    'preprocessor_config.json',
    {
      ...{ image_processor_type: 'ViTImageProcessor', do_resize: true, size: { height: 64, width: 64 } },
      ...{ do_normalize: true, image_mean: [0.4, 0.4, 0.4], image_std: [0.2, 0.2, 0.2] },
      ...{ do_rescale: true, rescale_factor: 0.0039, resample: 2, do_center_crop: false },
    },
  ],
  ['preprocessor_config.json', { feature_extractor_type: 'CLIPFeatureExtractor', size: 64, crop_size: 64 }],
  ['labels.json', LABELS],
  ['labels.json', { categories: LABELS.map((name, i) => ({ id: 2 * i, name })) }],
  ['labels.json', { names: { ...LABELS } }],
  ['labels.txt', lines((label) => `${label}\n`)],
  ['labels.csv', `index,name\n${lines((label, i) => `${i},"${label}, a"\n`)}`],
  ['data.yaml', `nc: 10\nnames:\n${lines((label, i) => `  ${i}: ${label}\n`)}`],
  ['labels.pbtxt', lines((label, i) => `item {\n  id: ${i + 1}\n  name: '${label}'\n}\n`)],
  ['synset.txt', lines((label, i) => `n0000000${i} ${label}\n`)],
];

const settings: Kind = (draw) =>
  inFolder(async (folder) => {
    const [name, content] = oneOf(draw, SETTINGS);
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const path = join(folder, name);
    writeFileSync(join(folder, 'model.onnx'), GAP);
    writeFileSync(path, mutatedText(text, draw));
    return explained(join(folder, 'model.onnx'), /config/.test(name) ? {} : { labels: path }, draw);
  });

const NAMES = [
  'constructor',
  '__proto__',
  'toString',
  '..',
  '/',
  '',
  ' ',
  '-',
  '\0',
  'é',
  '1e9',
  'x'.repeat(5000),
];

/** The text of an option: an example, a number, a name, or noise. */
function optionText(name: string, draw: Draw): string {
  const reading = Object.hasOwn(OPTIONS, name) ? OPTIONS[name as OptionName].reading : undefined;
  if (draw() < 0.4 && reading?.choices) return oneOf(draw, reading.choices);
  if (draw() < 0.5) return String(oneOf(draw, [0.5, ...EDGES]));
  return draw() < 0.5 ? oneOf(draw, NAMES) : mutatedText('2x3:0.5,7', draw);
}

/** Options that take seconds by their meaning, open a port, or belong to this run. */
const LEFT: readonly OptionName[] = ['threads', 'memory', 'port', 'host', 'samples', 'output'];

const sink = (): {
  readonly said: string[];
  readonly write: (chunk: string | Uint8Array) => Promise<void>;
} => {
  const said: string[] = [];
  return { said, write: async (chunk) => void said.push(String(chunk)) };
};

/** Exit codes of the command line, besides that of a signal. */
const EXIT_CODES = [0, 1, 2];

const commandLine: Kind = (draw) =>
  inFolder(async (folder) => {
    const image = draw() < 0.7 ? (await PICTURES)[0] : await hostilePicture(draw);
    writeFileSync(join(folder, 'x.png'), image);
    writeFileSync(join(folder, 'm.onnx'), GAP);
    const command = oneOf(draw, [
      'explain',
      'explain',
      'explain',
      'compare',
      'inspect',
      'methods',
      'completion',
    ] as const);
    const names = optionsOf(command).filter((name) => !LEFT.includes(name));
    const flags = Array.from({ length: below(draw, 4) }, () => {
      const name = draw() < 0.9 ? oneOf(draw, names) : oneOf(draw, NAMES);
      return draw() < 0.85 ? `--${name}=${optionText(name, draw)}` : `--${name}`;
    });
    const given = { explain: ['x.png'], compare: ['compare', 'x.png'], inspect: ['inspect', 'm.onnx'] };
    const model = command === 'explain' || command === 'compare' ? ['--model=m.onnx', '-o', 'out.png'] : [];
    const [stdout, stderr] = [sink(), sink()];
    const code = await runCommand(
      [...((given as Partial<Record<string, string[]>>)[command] ?? [command]), ...model, ...flags],
      {
        stdin: async () => new Uint8Array(),
        stdout: { ...stdout, isTTY: false, columns: 80 },
        stderr: { ...stderr, isTTY: false, columns: 80 },
        cwd: folder,
        env: {},
        signal: new AbortController().signal,
      },
    );
    const words = stderr.said.join('');
    if (!EXIT_CODES.includes(code)) throw new Error(`exit code ${code}`);
    if (/Unexpected error|bug in camwasm/.test(words)) throw new Error(words);
    await wholeFiles(folder);
    return code === 0 ? 'result' : `exit ${code}`;
  });

/** @throws {Error} when a file that was written is not whole. */
async function wholeFiles(folder: string): Promise<void> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const name of names) {
    if (name === 'x.png' || name === 'm.onnx' || statSync(join(folder, name)).isDirectory()) continue;
    const bytes = new Uint8Array(readFileSync(join(folder, name)));
    if (/\.(png|jpe?g)$/.test(name)) await decode(bytes);
    else if (/\.npy$/.test(name)) readNpy(bytes);
    else if (/\.json$/.test(name)) JSON.parse(new TextDecoder().decode(bytes));
    else if (!/\.(html|txt)$/.test(name)) throw new Error(`a file "${name}" is left`);
  }
}

const handler = createHandler({ models: { gap: () => Explainer.load(GAP, LOAD) } });

const requests: Kind = async (draw) => {
  const usual = draw() < 0.8;
  const method = usual ? 'POST' : oneOf(draw, ['POST', 'GET', 'HEAD', 'PUT', 'OPTIONS']);
  const path = usual
    ? '/explain'
    : oneOf(draw, ['/explain', '/models', '/methods', '/healthz', '/', '//', '/constructor', '/explain/']);
  const names = (Object.keys(OPTIONS) as OptionName[]).filter(
    (name) => OPTIONS[name].query && !LEFT.includes(name),
  );
  const query = Array.from({ length: below(draw, 4) }, () => {
    const name = draw() < 0.9 ? oneOf(draw, names) : oneOf(draw, NAMES);
    return `${encodeURIComponent(name)}=${encodeURIComponent(optionText(name, draw))}`;
  });
  const bodies = [
    () => hostilePicture(draw),
    async () => hostileTensor(draw),
    async () => (await PICTURES)[0],
  ];
  const body = method === 'GET' || method === 'HEAD' ? null : await oneOf(draw, bodies)();
  const headers: Record<string, string> = {
    accept: oneOf(draw, [
      '*/*',
      'image/png',
      'application/json',
      'image/jpeg;q=0',
      'text/html',
      ';;q=',
      'x/y',
    ]),
    'content-type': oneOf(draw, [
      'application/octet-stream',
      'multipart/form-data',
      'application/json',
      'image/png',
    ]),
  };
  const request = new Request(`http://localhost${path}?${query.join('&')}`, {
    method,
    headers,
    ...(body && { body: body as BodyInit }),
  });
  const response = await handler.fetch(request);
  const text = await response.text();
  if (response.status === 500 || /UNEXPECTED|bug in camwasm/.test(text))
    throw new Error(`${response.status}: ${text}`);
  return response.ok ? 'result' : `HTTP ${response.status}`;
};

export const KINDS: Readonly<Record<string, Kind>> = {
  models: async (draw) => {
    const model = hostileModel(draw);
    if (draw() < 0.7) return explained(model, {}, draw);
    await inspect(model, LOAD);
    return 'result';
  },
  pictures: async (draw) => {
    const { data, width, height } = await decode(await hostilePicture(draw));
    if (data.length !== 4 * width * height) throw new Error('pixels and size differ');
    return 'result';
  },
  tensors: async (draw) => {
    readNpyNumbers(hostileTensor(draw));
    return 'result';
  },
  settings,
  arguments: commandLine,
  requests,
};

/** A good picture, explained by a good model. */
export async function goodHeatmap(): Promise<Float32Array> {
  const explainer = await Explainer.load(GAP, LOAD);
  try {
    return (await explainer.explain((await PICTURES)[0])).heatmap.data;
  } finally {
    await explainer.close();
  }
}
