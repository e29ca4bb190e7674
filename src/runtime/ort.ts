import type * as Ort from 'onnxruntime-web';
import { badOption } from '../errors.ts';
import { breathe } from '../platform/breathe.ts';
import { cpuCount, DEFAULT_THREADS, whyNoThreads } from '../platform/cpu.ts';
import { withMemoryLimit } from '../platform/instantiate.ts';
import { fromBytes, fromModule, onlyFirst, type Start } from './start.ts';
import { type Turns, turns } from './turns.ts';
import { wasmOnDisk } from './wasm.ts';

/** onnxruntime-web, in any of its builds. */
export type OrtModule = typeof Ort;

/** More threads than any current browser gives a page. */
export const MAX_THREADS = 64;
export { DEFAULT_THREADS };

/** Bounds of the memory of the wasm runtime, in MB; it needs some to start, and has 32-bit addresses. */
export const LEAST_MEMORY = 100;
export const MOST_MEMORY = 4294;
/** A page of WebAssembly in bytes. */
const WASM_PAGE = 65_536;

/** Settings of onnxruntime-web. */
export interface RuntimeOptions {
  /** Threads of the wasm runtime, from 1 to 64, set by the first model of the process. Default: the machine's cores, at most 8. */
  threads?: number;
  /**
   * The most memory that the wasm runtime takes for all models of the process, in MB, from 100 to 4294, set by the first
   * model; a model that needs more fails with an error. Default 4294.
   */
  memory?: number;
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
  /** The most memory that it takes, in MB. */
  readonly memory: number;
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
 * @throws {CamError} BAD_OPTION when `threads` or `memory` is out of range.
 */
export async function loadRuntime(options: RuntimeOptions = {}): Promise<OrtRuntime> {
  const { threads: requested, memory = MOST_MEMORY, module } = options;
  if (requested !== undefined) requireWhole('threads', requested, 1, MAX_THREADS);
  requireWhole('memory', memory, LEAST_MEMORY, MOST_MEMORY);
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
    const limited: Start = (create) =>
      memory < MOST_MEMORY
        ? withMemoryLimit(Math.floor((memory * 1e6) / WASM_PAGE), () => start(create))
        : start(create);
    configured.set(
      ort.env,
      (runtime = { threads, memory, start: onlyFirst(limited), enter: breathingTurns() }),
    );
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

function requireWhole(option: 'threads' | 'memory', value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw badOption(option, `\`${option}\` must be a whole number from ${least} to ${most}, not ${value}.`);
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
