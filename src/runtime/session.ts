import type { InferenceSession } from 'onnxruntime-web';
import { CamError } from '../errors.ts';
import type { DataType } from '../onnx/data-type.ts';
import { ownValue } from '../table.ts';
import { DISABLED_OPTIMIZERS } from './optimizers.ts';
import { loadRuntime, type RuntimeOptions } from './ort.ts';
import type { NumericArray, Tensor } from './tensor.ts';

const DISABLED = Object.keys(DISABLED_OPTIMIZERS).join(';');

export interface SessionOptions extends RuntimeOptions {
  /** Whether onnxruntime-web optimizes the graph. Default true; false loads faster, for a graph that runs once. */
  optimize?: boolean;
  /** External data files with weights. */
  external?: readonly { path: string; data: Uint8Array }[];
}

/** An input or output, known before a run; a dimension is a size or a symbol. */
export interface PortInfo {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly (number | string)[];
}

/** A graph loaded into onnxruntime-web. */
export interface Session {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  /**
   * Runs to completion on this thread; only the outputs in `fetches` are computed and copied.
   * @throws {CamError} RUNTIME when the run fails.
   */
  run(feeds: Readonly<Record<string, Tensor>>, fetches: readonly string[]): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/**
 * Loads a ModelProto into onnxruntime-web, which copies it.
 * @throws {CamError} BAD_MODEL when onnxruntime-web rejects the model.
 */
export async function createSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const { ort, start, enter, memory } = await loadRuntime(options);
  const bytes = model.length + (options.external ?? []).reduce((sum, { data }) => sum + data.length, 0);
  let session: InferenceSession;
  try {
    const create = () =>
      ort.InferenceSession.create(model, {
        executionProviders: options.executionProviders ?? ['wasm'],
        logSeverityLevel: 3,
        ...(options.optimize === false
          ? { graphOptimizationLevel: 'disabled', extra: { session: { disable_prepacking: '1' } } }
          : { extra: { optimization: { disable_specified_optimizers: DISABLED } } }),
        ...(options.external?.length && { externalData: options.external }),
      });
    session = await enter(() => start(create));
  } catch (cause) {
    throw new CamError(
      'BAD_MODEL',
      `onnxruntime-web cannot load the model: ${loadAdvice(cause, bytes, memory)}`,
      {
        cause,
      },
    );
  }
  return {
    inputs: session.inputMetadata.map(port),
    outputs: session.outputMetadata.map(port),
    run: async (feeds, fetches) => {
      const tensors = Object.entries(feeds).map(([name, t]) => [
        name,
        new ort.Tensor(t.type as 'float32', t.data as Float32Array, t.dims),
      ]);
      let results;
      try {
        results = await enter(() => session.run(Object.fromEntries(tensors), fetches));
      } catch (cause) {
        const why = outOfMemory(cause) ? tooLarge(bytes, memory) : reason(cause);
        throw new CamError('RUNTIME', `The model failed to run: ${why}`, { cause });
      }
      return Object.fromEntries(
        fetches.map((name) => {
          const result = ownValue(results, name);
          // onnxruntime-web fills a plain object, which has no room for `__proto__`.
          if (result === undefined)
            throw new CamError('UNSUPPORTED_MODEL', `onnxruntime-web does not return "${name}". Rename it.`);
          const { type, dims, data } = result;
          return [name, { type: type as DataType, dims, data: bitPatterns(type, data as NumericArray) }];
        }),
      );
    },
    release: () => enter(() => session.release()),
  };
}

/** Works with a session and releases it, whatever happens. */
export async function withSession<Result>(
  model: Uint8Array,
  options: SessionOptions,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await createSession(model, options);
  try {
    return await work(session);
  } finally {
    await session.release();
  }
}

/**
 * Float16 data as bit patterns. onnxruntime-web returns a Float16Array on runtimes that have one (Node 24, Deno, Bun,
 * browsers) and a Uint16Array elsewhere; it accepts both.
 */
export const bitPatterns = (type: string, data: NumericArray): NumericArray =>
  type === 'float16' && !(data instanceof Uint16Array)
    ? new Uint16Array(data.buffer, data.byteOffset, data.length)
    : data;

const port = (info: InferenceSession.ValueMetadata): PortInfo =>
  info.isTensor
    ? { name: info.name, type: info.type as DataType, dims: info.shape }
    : { name: info.name, type: 'undefined', dims: [] };

/** Advice for known errors of onnxruntime-web about a model. */
const ADVICE: readonly (readonly [words: RegExp, say: (...found: string[]) => string])[] = [
  [
    /com\.microsoft\.nchwc\S* is not a registered function\/op/,
    () =>
      'onnxruntime has optimized it for one kind of processor. Optimize the original model at level extended or lower (ORT_ENABLE_EXTENDED).',
  ],
  [
    /(?:Fatal error: )?(\S+?)(?:\(-?\d+\))? is not a registered function\/op/,
    (op) => `it has no operator ${op}. Export the model without it, or with standard ONNX operators.`,
  ],
  [
    /Opset (\d+) is under development.* for domain (\S+) is till opset (\d+)/s,
    (opset, domain, newest) =>
      `its opset ${opset} of ${domain} is newer than ${newest}, the latest supported. Export it with opset ${newest} or lower, or convert it with onnx.version_converter.`,
  ],
  [
    /IR version: (\d+), max supported IR version: (\d+)/,
    (version, newest) =>
      `its IR version ${version} is newer than ${newest}, the latest supported. Save it with an older one: in Python, model.ir_version = ${newest}.`,
  ],
  [
    /Could not find an implementation for (\S+?)\((\d+)\) node with name '([^']*)'/,
    (op, opset, node) =>
      `it has no ${op} of opset ${opset} for the types of node "${node}". Export the model with opset 13 or higher in float32, or convert it with onnx.version_converter.`,
  ],
];

/** Advice for all other errors. */
const MEND = 'Check the file with onnx.checker, or export it again.';

function loadAdvice(cause: unknown, bytes: number, memory: number): string {
  if (outOfMemory(cause)) return tooLarge(bytes, memory);
  const text = reason(cause);
  for (const [words, say] of ADVICE) {
    const found = words.exec(text);
    if (found) return say(...found.slice(1));
  }
  return `${text.replace(/[.\s]*$/, '')}. ${MEND}`;
}

/** What takes the room, and what helps. */
const tooLarge = (bytes: number, memory: number): string =>
  `it needs more memory than the ${memory} MB of the runtime${bytes > LARGE ? `: its weights alone are ${Math.round(bytes / 1e6)} MB, which are held several times. Use a method without gradients such as eigencam, a later \`layer\`,` : '. Use'} a smaller input (\`preprocessing.width\`, \`preprocessing.height\`) or fewer images at once (\`batchSize\`).`;

/** Bytes of weights that matter for the memory of the runtime. */
const LARGE = 250e6;

const outOfMemory = (cause: unknown): boolean =>
  /bad_alloc|out of memory|Array buffer allocation failed|Failed to allocate memory/i.test(messageOf(cause));

export const ranOutOfMemory = (error: unknown): boolean =>
  error instanceof CamError && error.cause !== undefined && outOfMemory(error.cause);

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** A location in onnxruntime's source, on the build machine, with its function. */
const SOURCE = /\/\S+\.(?:h|hpp|cc|cpp|c):\d+ (?:[^()]*\((?:[^()]|\([^()]*\))*\)(?: const)? )?/g;

/** The message of an onnxruntime-web error, without codes and source locations. */
const reason = (cause: unknown): string =>
  messageOf(cause)
    .replace(/^.*?ERROR_MESSAGE:\s*/s, '')
    .replace(SOURCE, '')
    .replace(/\s+/g, ' ')
    .trim();
