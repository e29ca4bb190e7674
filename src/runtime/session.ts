import type { InferenceSession } from 'onnxruntime-web';
import { CamError } from '../errors.ts';
import type { DataType } from '../onnx/data-type.ts';
import { breathe } from '../platform/breathe.ts';
import { loadRuntime, type RuntimeOptions } from './ort.ts';
import type { NumericArray, Tensor } from './tensor.ts';

export interface SessionOptions extends RuntimeOptions {
  /** Whether onnxruntime-web optimizes the graph. Default true; false loads faster, for a graph that runs once. */
  optimize?: boolean;
  /** Files of weights beside the model. */
  external?: readonly { path: string; data: Uint8Array }[];
}

/** An input or output before anything runs; a dimension is a size or a symbol. */
export interface PortInfo {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly (number | string)[];
}

/** A graph that onnxruntime-web is ready to run. */
export interface Session {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  /**
   * Runs on this thread to the end; only the outputs named in `fetches` are computed and copied.
   * @throws {CamError} RUNTIME when the run fails.
   */
  run(feeds: Readonly<Record<string, Tensor>>, fetches: readonly string[]): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/**
 * Hands a ModelProto to onnxruntime-web, which copies it.
 * @throws {CamError} BAD_MODEL when it refuses the model.
 */
export async function createSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const { ort, start } = await loadRuntime(options);
  let session: InferenceSession;
  try {
    session = await start(() =>
      ort.InferenceSession.create(model, {
        executionProviders: options.executionProviders ?? ['wasm'],
        logSeverityLevel: 3,
        ...(options.optimize === false && {
          graphOptimizationLevel: 'disabled',
          extra: { session: { disable_prepacking: '1' } },
        }),
        ...(options.external?.length && { externalData: options.external }),
      }),
    );
  } catch (cause) {
    throw new CamError('BAD_MODEL', `onnxruntime-web cannot load the model: ${loadAdvice(cause)}`, { cause });
  }
  let breathed = performance.now();
  return {
    inputs: session.inputMetadata.map(port),
    outputs: session.outputMetadata.map(port),
    run: async (feeds, fetches) => {
      const tensors = Object.entries(feeds).map(([name, t]) => [
        name,
        new ort.Tensor(t.type as 'float32', t.data as Float32Array, t.dims),
      ]);
      // Runs block the thread, and with it an abort of the next one.
      if (performance.now() - breathed > MAX_BLOCKED_MS) {
        await breathe();
        breathed = performance.now();
      }
      let results;
      try {
        results = await session.run(Object.fromEntries(tensors), fetches);
      } catch (cause) {
        const why = outOfMemory(cause) ? TOO_LARGE : reason(cause);
        throw new CamError('RUNTIME', `The model did not run: ${why}`, { cause });
      }
      return Object.fromEntries(
        fetches.map((name) => {
          const { type, dims, data } = results[name];
          return [name, { type: type as DataType, dims, data: data as NumericArray }];
        }),
      );
    },
    release: () => session.release(),
  };
}

/** The longest time for which runs may block the thread before others have a turn. */
const MAX_BLOCKED_MS = 50;

const port = (info: InferenceSession.ValueMetadata): PortInfo =>
  info.isTensor
    ? { name: info.name, type: info.type as DataType, dims: info.shape }
    : { name: info.name, type: 'undefined', dims: [] };

/** Errors of onnxruntime-web about a model, and what to do about them. */
const ADVICE: readonly (readonly [words: RegExp, say: (...found: string[]) => string])[] = [
  [
    /(?:Fatal error: )?(\S+?)(?:\(-?\d+\))? is not a registered function\/op/,
    (op) => `it has no operator ${op}. Export the model without it, or built from ONNX's own operators.`,
  ],
  [
    /Opset (\d+) is under development.* for domain (\S+) is till opset (\d+)/s,
    (opset, domain, newest) =>
      `its opset ${opset} of ${domain} is newer than ${newest}, the latest supported. Export it with opset ${newest} or less, or convert it with onnx.version_converter.`,
  ],
  [
    /IR version: (\d+), max supported IR version: (\d+)/,
    (version, newest) =>
      `its IR version ${version} is newer than ${newest}, the latest supported. Save it with an older one: in Python, model.ir_version = ${newest}.`,
  ],
  [
    /Could not find an implementation for (\S+?)\((\d+)\) node with name '([^']*)'/,
    (op, opset, node) =>
      `it has no ${op} of opset ${opset} for the types of node "${node}". Export the model with opset 13 or more and in float32, or convert it with onnx.version_converter.`,
  ],
];

/** Advice for errors that the table lacks. */
const MEND = 'Check the file with onnx.checker, or export it again.';

function loadAdvice(cause: unknown): string {
  if (outOfMemory(cause)) return TOO_LARGE;
  const text = reason(cause);
  for (const [words, say] of ADVICE) {
    const found = words.exec(text);
    if (found) return say(...found.slice(1));
  }
  return `${text.replace(/[.\s]*$/, '')}. ${MEND}`;
}

const TOO_LARGE =
  'it needs more memory than the 4 GB of the runtime. Use a smaller input (`preprocessing.width`, `preprocessing.height`) or fewer images at once (`batchSize`).';

const outOfMemory = (cause: unknown): boolean =>
  /bad_alloc|out of memory|Array buffer allocation failed|Failed to allocate memory/i.test(messageOf(cause));

/** Whether a run or a load failed for lack of memory. */
export const ranOutOfMemory = (error: unknown): boolean =>
  error instanceof CamError && error.cause !== undefined && outOfMemory(error.cause);

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** A place in onnxruntime's source, on the machine that built it, and the function there. */
const SOURCE = /\/\S+\.(?:h|hpp|cc|cpp|c):\d+ (?:[^()]*\((?:[^()]|\([^()]*\))*\)(?: const)? )?/g;

/** The message of an onnxruntime-web error, without its codes and source places. */
const reason = (cause: unknown): string =>
  messageOf(cause)
    .replace(/^.*?ERROR_MESSAGE:\s*/s, '')
    .replace(SOURCE, '')
    .replace(/\s+/g, ' ')
    .trim();
