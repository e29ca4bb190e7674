import type { InferenceSession } from 'onnxruntime-web';
import { CamError } from '../errors.ts';
import type { DataType } from '../onnx/data-type.ts';
import { breathe } from '../platform/breathe.ts';
import { loadRuntime, type RuntimeOptions } from './ort.ts';
import type { NumericArray, Tensor } from './tensor.ts';

export interface SessionOptions extends RuntimeOptions {
  /** false leaves the graph as it is: quicker to create, for a graph that runs once. */
  optimize?: boolean;
  /** Weights that lie beside the model. */
  external?: readonly { path: string; data: Uint8Array }[];
}

/** What is known of an input or output before anything runs; a dimension is a size or a symbol. */
export interface PortInfo {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly (number | string)[];
}

/** A graph that onnxruntime-web is ready to run. */
export interface Session {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  /** Runs to the end on this thread; only the outputs named in `fetches` are computed and copied out. */
  run(feeds: Readonly<Record<string, Tensor>>, fetches: readonly string[]): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/**
 * Hands a ModelProto to onnxruntime-web.
 * @throws CamError BAD_MODEL when it refuses the model, with its reason and what can be done.
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
      // Runs block the thread, and whoever would abort the next one.
      if (performance.now() - breathed > HELD) {
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

/** Milliseconds that runs may hold the thread for before others have a turn. */
const HELD = 50;

const port = (info: InferenceSession.ValueMetadata): PortInfo =>
  info.isTensor
    ? { name: info.name, type: info.type as DataType, dims: info.shape }
    : { name: info.name, type: 'undefined', dims: [] };

/** What onnxruntime-web refuses in a model, in its words, and what can be done about it. */
const ADVICE: readonly (readonly [words: RegExp, say: (...found: string[]) => string])[] = [
  [
    /(?:Fatal error: )?(\S+?)(?:\(-?\d+\))? is not a registered function\/op/,
    (op) => `it has no operator ${op}. Export the model without it, or made of ONNX's own operators.`,
  ],
  [
    /Opset (\d+) is under development.* for domain (\S+) is till opset (\d+)/s,
    (opset, domain, newest) =>
      `its opset ${opset} of ${domain} is newer than ${newest}, the last that is supported. Export it with opset ${newest} or less, or convert it with onnx.version_converter.`,
  ],
  [
    /IR version: (\d+), max supported IR version: (\d+)/,
    (version, newest) =>
      `its IR version ${version} is newer than ${newest}, the last that is supported. Save it with an older one: in Python, model.ir_version = ${newest}.`,
  ],
  [
    /Could not find an implementation for (\S+?)\((\d+)\) node with name '([^']*)'/,
    (op, opset, node) =>
      `it has no ${op} of opset ${opset} for the types of node "${node}". Export the model with opset 13 or more and in float32, or convert it with onnx.version_converter.`,
  ],
];

/** Where no row of the table knows better. */
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
  'it needs more memory than the runtime can have, which is 4 GB. Give it a smaller input (--size), or fewer at once (--batch-size).';

const outOfMemory = (cause: unknown): boolean =>
  /bad_alloc|out of memory|Array buffer allocation failed|Failed to allocate memory/i.test(messageOf(cause));

/** Did a run or a load end for want of memory? */
export const ranOutOfMemory = (error: unknown): boolean =>
  error instanceof CamError && error.cause !== undefined && outOfMemory(error.cause);

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** A place in onnxruntime's source, on the machine that built it, and the function there. */
const SOURCE = /\/\S+\.(?:h|hpp|cc|cpp|c):\d+ (?:[^()]*\((?:[^()]|\([^()]*\))*\)(?: const)? )?/g;

/** onnxruntime-web throws plain strings wrapped in Error, with codes and source places in front. */
const reason = (cause: unknown): string =>
  messageOf(cause)
    .replace(/^.*?ERROR_MESSAGE:\s*/s, '')
    .replace(SOURCE, '')
    .replace(/\s+/g, ' ')
    .trim();
