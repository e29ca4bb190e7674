import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IO } from '../../src/cli/io.ts';
import type { CliModel, Library } from '../../src/cli/library.ts';
import { run } from '../../src/cli/run.ts';
import { codeOf } from '../../src/errors.ts';
import { place } from '../../src/image/placement.ts';
import type {
  ExplainOptions,
  ExplainReport,
  Explanation,
  Failure,
  FoundModel,
  ImageInput,
  Inspection,
  InspectOptions,
  ListedModel,
  MethodId,
  Preprocessing,
  PreprocessingSources,
  Target,
  TargetInfo,
  Verification,
} from '../../src/index.ts';
import { METHODS } from '../../src/methods/index.ts';
import { floatTensor } from '../../src/runtime/tensor.ts';
import { targetText } from '../../src/targets/kinds.ts';

/** What a fake model was asked. */
export interface Asked {
  model?: string | undefined;
  load?: InspectOptions;
  quick?: boolean;
  calls: { image: ImageInput | undefined; options: ExplainOptions }[];
  closed: number;
  /** What was asked of named models: `find mobilenetv2`. */
  models: string[];
}

export interface FakeOptions {
  inspection?: Partial<Inspection>;
  verification?: Partial<Verification>;
  labels?: readonly string[];
  values?: readonly string[];
  /** Called before an image is explained: throws, or fails one method. */
  fail?: (image: ImageInput | undefined, method: string) => Error | undefined;
  warn?: readonly string[];
  prepared?: { preprocessing: Preprocessing; preprocessingSources: PreprocessingSources };
  /** What is said of the model itself. */
  modelWarnings?: readonly string[];
  /** Files that the model is read from, besides the one that is named. */
  beside?: readonly (string | URL)[];
  progress?: boolean;
  /** Whether named models are here. */
  here?: boolean;
  listed?: ListedModel[];
  /** What the model's threshold says of the best class. */
  confident?: boolean;
  /** Color of the pictures that show an explanation; white by default. */
  overlay?: readonly [red: number, green: number, blue: number];
}

export const VERIFICATION: Verification = {
  ok: true,
  target: 'dog',
  score: 1.5,
  gradients: [
    {
      at: 'input',
      name: 'x',
      direction: 'gradient',
      predicted: 2,
      measured: 2.0001,
      difference: 5e-5,
      step: 1e-4,
      verdict: 'equal',
    },
  ],
  missing: [],
  optimizer: [{ name: 'y', difference: 1e-7, verdict: 'equal' }],
};

export const INSPECTION: Inspection = {
  inputs: [{ name: 'x', type: 'float32', dims: ['N', 3, 224, ''] }],
  outputs: [{ name: 'y', type: 'float32', dims: undefined }],
  imageInput: 'x',
  labels: ['cat', 'dog', 'bird', 'fish', 'fly'],
  irVersion: 8,
  opset: 17,
  opsets: { 'ai.onnx': 17 },
  operators: { Conv: 12, NonZero: 1 },
  parameters: 1_234_567,
  unsupported: ['NonZero'],
  preprocessing: null,
  preprocessingSources: null,
  problem: null,
  explained: {
    output: 'y',
    problem: null,
    kind: 'classes',
    logits: 'fc',
    dims: [1, 5],
    classes: 5,
    positions: 1,
    link: 'softmax',
    activation: 'softmax',
  },
  layers: [
    {
      name: 'stage3',
      op: 'Conv',
      module: null,
      dims: [1, 8, 4, 4],
      layout: { kind: 'nchw', channels: 8, height: 4, width: 4, prefix: 0 },
      automatic: false,
      gradient: false,
    },
    {
      name: 'stage4',
      op: 'Add',
      module: null,
      dims: [1, 5, 16],
      layout: { kind: 'tokens', channels: 16, height: 2, width: 2, prefix: 1 },
      automatic: true,
      gradient: true,
    },
  ],
  modules: [],
  automatic: { layer: 'stage4', why: 'the last one that a gradient reaches' },
  inputGradient: false,
  barriers: [{ node: '/pick', op: 'NonZero', why: 'NonZero has no gradient.', from: 'stage4' }],
};

const LABELS = ['cat', 'dog', 'great white shark, white shark', 'crane', 'crane'];
const LAYER = 'stage4';

/** The layers that a method looks at by itself. */
function layersFor(id: string): string[] {
  const method = METHODS[id as MethodId];
  return method.level === 'layer' && method.stages ? ['stage3', LAYER] : [LAYER];
}

/** Preprocessing of which every source decided something. */
export const PREPARED: NonNullable<FakeOptions['prepared']> = {
  preprocessing: {
    width: 224,
    height: 200,
    layout: 'nchw',
    fit: 'crop',
    cropPct: 0.875,
    resample: 'bicubic',
    channels: 'bgr',
    range: [0, 1],
    mean: [0.5, 0.5, 0.5],
    std: [1, 2, 3],
  },
  preprocessingSources: {
    width: 'model',
    height: 'model',
    layout: 'model',
    fit: 'config.json',
    cropPct: 'config.json',
    resample: 'default',
    channels: 'caller',
    range: 'metadata',
    mean: 'preprocessor_config.json',
    std: 'default',
  },
};

/** A library whose model always sees a dog (class 1), and whose maps are 2 x 3. */
export function fakeLibrary(asked: Asked, fake: FakeOptions = {}): Library {
  const labels = fake.labels ?? LABELS;
  const target = (said: number | Target): TargetInfo =>
    typeof said === 'number'
      ? {
          index: said,
          label: labels[said] ?? String(said),
          score: said + 0.5,
          probability: said === 1 ? 0.9 : 0.025,
          detection: undefined,
        }
      : {
          index: undefined,
          label: targetText(said),
          score: 1.25,
          probability: undefined,
          detection: undefined,
        };
  const explained = (method: string, index: number | Target, layers: readonly string[]): Explanation => {
    const row = METHODS[method as MethodId];
    const channels = row.level === 'layer' ? 1 : 3;
    const raw = Float32Array.from({ length: channels * 6 }, (_, i) => i - 3);
    const color = [...(fake.overlay ?? [255, 255, 255]), 255];
    const data = Uint8ClampedArray.from({ length: 24 }, (_, i) => color[i % 4]);
    const picture = { width: 3, height: 2, data };
    const explanation: Explanation = {
      method: method as MethodId,
      target: target(index),
      layers: row.level === 'layer' ? layers : [],
      heatmap: { width: 3, height: 2, data: Float32Array.of(0, 0.1, 0.2, 0.3, 0.4, 1) },
      range: [0, typeof index === 'number' ? index + 1 : 1],
      signed: false,
      measures: {},
      raw: (row.level === 'layer' ? layers : ['input']).map(() => ({
        data: raw,
        channels,
        height: 2,
        width: 3,
      })),
      shows: row.level === 'layer' ? 'heatmap' : row.shows,
      warnings: fake.warn ?? [],
      tensors: {
        activations: layers.map(() => floatTensor([1, 1, 2, 3], raw.slice(0, 6))),
        gradients: layers.map(() => floatTensor([1, 1, 2, 3], raw.slice(0, 6))),
        inputGradient: row.level === 'input' ? floatTensor([1, 3, 2, 3], raw) : undefined,
      },
      image: {
        form: 'image',
        picture,
        input: undefined,
        placement: place(picture, { ...picture, fit: 'stretch', cropPct: 1 }),
        preprocessing: undefined,
      },
    };
    return explanation;
  };
  const model = (file: string | undefined): CliModel => ({
    labels,
    files: [file ?? [], ...(fake.beside ?? [])].flat(),
    warnings: fake.modelWarnings ?? [],
    threads: { count: 3, note: undefined },
    info: {
      inputs: [],
      outputs: [],
      opset: 17,
      preprocessing: undefined,
      preprocessingSources: undefined,
      values: fake.values ?? [LAYER],
    },
    explainAll: async (image, options = {}): Promise<ExplainReport> => {
      asked.calls.push({ image, options });
      const failing = fake.fail?.(image, '*');
      if (failing) throw failing;
      const methods = [options.method ?? 'gradcam'].flat();
      const wished = (options.class ?? options.target) as (number | Target)[] | undefined;
      const classes = wished ?? [1, 0, 2, 3, 4].slice(0, options.top ?? 1);
      const explanations: Explanation[] = [];
      const failures: Failure[] = [];
      for (const index of classes) {
        for (const method of methods) {
          const error = fake.fail?.(image, method);
          if (error)
            failures.push({ method: method as MethodId, target: target(index), ...codeOf(error), error });
          else explanations.push(explained(method, index, [options.layer ?? layersFor(method)].flat()));
        }
      }
      const prediction = [1, 0].map((index) => ({
        index,
        label: labels[index] ?? String(index),
        probability: target(index).probability!,
        logit: index,
      }));
      if (fake.progress) options.onProgress?.({ method: methods[0], done: 1, total: 2 });
      return {
        output: { name: 'y', kind: 'classes', dims: [1, 5], activation: 'softmax', note: undefined },
        detections: [],
        prediction,
        confident: fake.confident,
        explanations,
        failures,
        ...(fake.prepared ?? { preprocessing: undefined, preprocessingSources: undefined }),
        timings: { forward: 1.25 },
        runs: { forward: 1, backward: 1, head: 0 },
      };
    },
    close: () => {
      asked.closed++;
      return Promise.resolve();
    },
  });
  const found = (name: string): FoundModel => ({
    name,
    here: fake.here ?? false,
    path: fake.here ? `/cache/${name}.onnx` : undefined,
    bytes: 4_000_000,
    origin: `https://hub.test/${name}`,
    destination: '/cache',
  });
  return {
    load: (path, options, quick) => {
      Object.assign(asked, { model: path, load: options, quick });
      return Promise.resolve(model(path));
    },
    verify: (path, image, options) => {
      Object.assign(asked, { model: path, load: options });
      asked.calls.push({ image, options: options as ExplainOptions });
      return Promise.resolve({ ...VERIFICATION, ...fake.verification });
    },
    find: (name) => {
      asked.models.push(`find ${name}`);
      return Promise.resolve(found(name));
    },
    download: (name, options) => {
      asked.models.push(`download ${name}`);
      options.onDownload?.({ model: name, done: 1_000_000, total: 4_000_000 });
      return Promise.resolve({ ...found(name), here: true, path: `/cache/${name}.onnx` });
    },
    list: () => Promise.resolve(fake.listed ?? []),
    remove: (name) => {
      asked.models.push(`remove ${name}`);
      return Promise.resolve(fake.here ? 4_000_000 : 0);
    },
    inspect: (path, options) => {
      Object.assign(asked, { model: path, load: options });
      return Promise.resolve({ ...INSPECTION, ...fake.inspection });
    },
  };
}

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
  bytes: Uint8Array;
  asked: Asked;
}

export interface RunOptions extends FakeOptions {
  stdin?: Uint8Array;
  tty?: { stdout?: boolean; stderr?: boolean };
  env?: Record<string, string>;
  /** The real library, in place of the fake one. */
  library?: () => Promise<Library>;
}

/** A folder of its own in which command lines run against the fake library. */
export class Place {
  readonly cwd: string = realpathSync(mkdtempSync(join(tmpdir(), 'camwasm-')));

  /** Files that camwasm may read; their content does not matter to the fake library. */
  files(...names: string[]): this {
    for (const name of names) writeFileSync(join(this.cwd, name), 'picture');
    return this;
  }

  list(): string[] {
    return readdirSync(this.cwd, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.cwd.length + 1))
      .sort();
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const out: Uint8Array[] = [];
    const err: string[] = [];
    const asked: Asked = { calls: [], closed: 0, models: [] };
    const io: IO = {
      stdin: () => Promise.resolve(options.stdin ?? new Uint8Array()),
      stdout: {
        isTTY: options.tty?.stdout ?? false,
        columns: 100,
        write: (chunk) => {
          out.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
          return Promise.resolve();
        },
      },
      stderr: {
        isTTY: options.tty?.stderr ?? false,
        columns: 100,
        write: (chunk) => {
          err.push(String(chunk));
          return Promise.resolve();
        },
      },
      cwd: this.cwd,
      env: options.env ?? {},
      signal: new AbortController().signal,
    };
    const fake = () => Promise.resolve(fakeLibrary(asked, options));
    const code = await run(argv, io, options.library ?? fake);
    const bytes = Uint8Array.from(out.flatMap((chunk) => [...chunk]));
    return { code, bytes, stdout: new TextDecoder().decode(bytes), stderr: err.join(''), asked };
  }

  remove(): void {
    rmSync(this.cwd, { recursive: true, force: true });
  }
}

/** Runs a command line in a fresh folder that holds `a.jpg` and `b.png`, and gives what came of it. */
export async function camwasm(
  argv: readonly string[],
  options: RunOptions & { files?: readonly string[] } = {},
): Promise<Outcome & { written: string[] }> {
  const files = options.files ?? ['a.jpg', 'b.png'];
  const place = new Place().files(...files);
  try {
    const outcome = await place.run(argv, options);
    return { ...outcome, written: place.list().filter((name) => !files.includes(name)) };
  } finally {
    place.remove();
  }
}
