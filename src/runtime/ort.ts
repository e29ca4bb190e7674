import type * as Ort from 'onnxruntime-web';
import { CamError } from '../errors.ts';
import { cpuCount, whyNoThreads } from '../platform/cpu.ts';
import { aloneFirst, fromBytes, fromModule, type Start } from './start.ts';
import { wasmOnDisk } from './wasm.ts';

/** onnxruntime-web, in any of its builds. */
export type OrtModule = typeof Ort;

export interface RuntimeOptions {
  /** Threads of the wasm runtime, set by the first model that the process loads. Default: the machine's cores, at most 8. */
  threads?: number;
  /** Another build of onnxruntime-web, such as `onnxruntime-web/webgpu`. */
  ort?: OrtModule;
  /** What runs the model, first choice first; needs a build that has it. Default `wasm`, which is what is tested. */
  executionProviders?: readonly ('wasm' | 'webgpu' | 'webnn')[];
  /** onnxruntime-web's wasm, compiled: where none may be compiled at run time. One thread. */
  module?: WebAssembly.Module;
}

/** How many threads run a model. */
export interface Threads {
  readonly count: number;
  /** Why it is one where more were asked for, or would be usual. */
  readonly note: string | undefined;
}

/** onnxruntime-web, set up. */
export interface Runtime {
  readonly ort: OrtModule;
  readonly threads: Threads;
  /** Runs `create`; the first time, which starts the wasm, alone. */
  readonly start: Start;
}

const runtimes = new WeakMap<OrtModule, Runtime>();
let usual: Promise<OrtModule> | undefined;

/**
 * onnxruntime-web, imported on first use. Its flags are set once in the life of the process, since it reads them once
 * and a failed start cannot be mended: those of later calls are ignored.
 */
export async function loadRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { threads: wish, module } = options;
  if (wish !== undefined && !(Number.isInteger(wish) && wish >= 1 && wish <= 64)) {
    throw new CamError('BAD_OPTION', `threads must be a whole number from 1 to 64, not ${wish}.`);
  }
  if (isThreadOfRuntime()) return new Promise(() => undefined);
  const ort = options.ort ?? (await (usual ??= import('#ort')));
  let runtime = runtimes.get(ort);
  if (!runtime) {
    const threads = threadsFor(wish, module);
    const { wasm, versions } = ort.env;
    wasm.numThreads = threads.count;
    ort.env.logLevel = 'error';
    const start = module
      ? fromModule(wasm, module)
      : fromBytes(wasm, options.ort ? undefined : wasmOnDisk(versions.web));
    runtimes.set(ort, (runtime = { ort, threads, start: aloneFirst(start) }));
  }
  return runtime;
}

/**
 * Threads are web workers that run onnxruntime-web's own file once more. A bundler may have made that file import the
 * application's (for a helper function), which then runs in every thread: its copy must not touch the shared memory.
 */
const isThreadOfRuntime = (): boolean => (globalThis as { name?: unknown }).name === 'em-pthread';

function threadsFor(wish: number | undefined, module: WebAssembly.Module | undefined): Threads {
  const why = module ? "onnxruntime-web's wasm was given as a module" : whyNoThreads();
  return why === undefined
    ? { count: wish ?? cpuCount(), note: undefined }
    : { count: 1, note: wish === 1 ? undefined : `one thread: ${why}` };
}
