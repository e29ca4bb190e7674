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
 * @throws CamError BAD_MODEL when it refuses the model, with its reason.
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
    throw new CamError('BAD_MODEL', `onnxruntime-web cannot load the model: ${reason(cause)}`, { cause });
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
        throw new CamError('RUNTIME', `The model did not run: ${reason(cause)}`, { cause });
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

/** onnxruntime-web throws plain strings wrapped in Error, with codes and source places in front. */
const reason = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause))
    .replace(/^.*?ERROR_MESSAGE:\s*/s, '')
    .replace(/^\/[^ ]+ [^ ]+\([^)]*\) /, '')
    .trim();
