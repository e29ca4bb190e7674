import type * as Ort from 'onnxruntime-web';
import { badOption } from '../errors.ts';
import { breathe } from '../platform/breathe.ts';
import { cpuCount, DEFAULT_THREADS, whyNoThreads } from '../platform/cpu.ts';
import { fromBytes, fromModule, onlyFirst, type Start } from './start.ts';
import { type Turns, turns } from './turns.ts';
import { wasmOnDisk } from './wasm.ts';

/** onnxruntime-web, in any of its builds. */
export type OrtModule = typeof Ort;

/** More threads than any current browser gives a page. */
export const MAX_THREADS = 64;
export { DEFAULT_THREADS };

/** Settings of onnxruntime-web. */
export interface RuntimeOptions {
  /** Threads of the wasm runtime, from 1 to 64, set by the first model of the process. Default: the machine's cores, at most 8. */
  threads?: number;
  /** Another build of onnxruntime-web, such as `onnxruntime-web/webgpu`. */
  ort?: OrtModule;
  /** Execution providers, first choice first; the build must include them. Default `wasm`, the only tested one. */
  executionProviders?: readonly ('wasm' | 'webgpu' | 'webnn')[];
  /** onnxruntime-web's wasm, compiled, for runtimes that forbid compilation. One thread. */
  module?: WebAssembly.Module;
}

/** Number of threads that run a model. */
export interface Threads {
  readonly count: number;
  /** Why there is one thread, if more were requested or are usual. */
  readonly note: string | undefined;
}

/** onnxruntime-web, configured. */
export interface OrtRuntime extends Configured {
  readonly ort: OrtModule;
}

interface Configured {
  readonly threads: Threads;
  /** Runs `create`. The first call starts the wasm. */
  readonly start: Start;
  /**
   * The only way into onnxruntime-web, for each create, run and release: its calls keep their place in the wasm's stack
   * while they wait, so calls that overlap free each other's memory.
   */
  readonly enter: Turns['take'];
}

/** By `env`, of which each instance of the wasm has one, unlike module objects: a namespace and its default export. */
const configured = new WeakMap<OrtModule['env'], Configured>();
let usual: Promise<OrtModule> | undefined;

/**
 * Imports onnxruntime-web on first use. Its flags are set once per process, since it reads them once and a failed start
 * cannot be repeated; later calls cannot change them.
 * @throws {CamError} BAD_OPTION when `threads` is out of range.
 */
export async function loadRuntime(options: RuntimeOptions = {}): Promise<OrtRuntime> {
  const { threads: requested, module } = options;
  if (
    requested !== undefined &&
    !(Number.isInteger(requested) && requested >= 1 && requested <= MAX_THREADS)
  ) {
    throw badOption(
      'threads',
      `\`threads\` must be a whole number from 1 to ${MAX_THREADS}, not ${requested}.`,
    );
  }
  if (isThreadOfRuntime()) return new Promise(() => undefined);
  const ort = options.ort ?? (await (usual ??= import('#ort')));
  let runtime = configured.get(ort.env);
  if (!runtime) {
    const threads = threadsFor(requested, module);
    const { wasm, versions } = ort.env;
    wasm.numThreads = threads.count;
    ort.env.logLevel = 'error';
    const start = module
      ? fromModule(wasm, module)
      : fromBytes(wasm, options.ort ? undefined : wasmOnDisk(versions.web));
    configured.set(ort.env, (runtime = { threads, start: onlyFirst(start), enter: breathingTurns() }));
  }
  return { ort, ...runtime };
}

/** Longest time that calls may block the thread before yielding, in milliseconds. */
const MAX_BLOCKED_MS = 50;

/** Turns between which events of the program, such as an abort, are handled. */
function breathingTurns(): Turns['take'] {
  const { take } = turns();
  let breathed = performance.now();
  return (work, signal) =>
    take(async () => {
      if (performance.now() - breathed > MAX_BLOCKED_MS) {
        await breathe();
        breathed = performance.now();
      }
      return work();
    }, signal);
}

/**
 * Threads are web workers that run onnxruntime-web's file again. A bundler may make that file import the application's
 * script (for a helper function), which then runs in every thread: that copy must not touch the shared memory.
 */
const isThreadOfRuntime = (): boolean => (globalThis as { name?: unknown }).name === 'em-pthread';

function threadsFor(requested: number | undefined, module: WebAssembly.Module | undefined): Threads {
  const why = module ? "onnxruntime-web's wasm was given as a module" : whyNoThreads();
  return why === undefined
    ? { count: requested ?? cpuCount(), note: undefined }
    : { count: 1, note: requested === 1 ? undefined : `one thread: ${why}` };
}
