import { badOption, CamError } from '../errors.ts';
import { loadSource } from '../hub/load.ts';
import type { Preprocessing } from '../image/preprocess.ts';
import { type Kernels, loadKernels } from '../kernels/index.ts';
import { declaredLabels, type Labels, readLabels } from '../models/labels.ts';
import { preprocessingFor, type PreprocessingSources } from '../models/preprocessing.ts';
import { PRESETS } from '../models/presets.ts';
import type { ModelInput, ModelSource } from '../models/source.ts';
import { imageInput, requireSizes, shapeKey } from '../network/inputs.ts';
import { Network, type Values } from '../network/network.ts';
import type { ValueInfo } from '../onnx/model.ts';
import { loadRuntime, type RuntimeOptions, type Threads } from '../runtime/ort.ts';
import { ranOutOfMemory } from '../runtime/session.ts';
import { type FloatTensor, fromFloat } from '../runtime/tensor.ts';
import type { ExplainOptions, LoadOptions } from '../types.ts';

/** A model in memory with everything needed to run it. */
export interface LoadedModel {
  readonly source: ModelSource;
  readonly kernels: Kernels;
  readonly threads: Threads;
  /** Class names by index. */
  readonly labels: Labels;
  /** Warnings about the model. */
  readonly warnings: readonly string[];
  /** The image input. */
  readonly input: ValueInfo;
  /** Preprocessing of pictures; undefined if the model does not take pictures. */
  readonly preprocessing: Preprocessing | undefined;
  readonly preprocessingSources: PreprocessingSources | undefined;
  readonly options: LoadOptions;
}

/**
 * Loads a model with kernels, runtime and labels.
 * @throws {CamError} BAD_MODEL, UNSUPPORTED_MODEL, BAD_LABELS or BAD_OPTION as in `Explainer.load`.
 */
export async function loadEverything(
  model: ModelInput | undefined,
  options: LoadOptions,
): Promise<LoadedModel> {
  const [source, kernels, { threads }] = await Promise.all([
    loadSource(model, options),
    loadKernels(options.modules?.kernels),
    loadRuntime(runtimeOptionsOf(options)),
  ]);
  const input = imageInput(source.model.graph.inputs, options.imageInput);
  requireSizes(source.model.graph.inputs);
  const { preset } = options;
  const found = preset ? { from: 'preset' as const, settings: PRESETS[preset].preprocessing } : source.found;
  const prepares = preprocessingFor(input, found, options.preprocessing ?? {});
  const given = options.labels;
  const read = typeof given === 'string' || given instanceof URL ? await readLabels(given) : given;
  const labels = { names: read ?? source.labels ?? [], given: read !== undefined };
  const { names, note } = declaredLabels(labels, source.model.graph.outputs);
  return {
    source,
    kernels,
    threads,
    labels: { ...labels, names },
    warnings: note === undefined ? [] : [note],
    input,
    preprocessing: prepares?.preprocessing,
    preprocessingSources: prepares?.sources,
    options,
  };
}

/** Options of a call with the kind of output that the model's preset states, unless the call names an output or a kind. */
export function withPreset<Options extends Pick<ExplainOptions, 'output' | 'outputKind'>>(
  { preset }: LoadOptions,
  options: Options,
): Options {
  const outputKind = preset && PRESETS[preset].outputKind;
  const decided = options.output !== undefined || options.outputKind !== undefined;
  return outputKind === undefined || decided ? options : { ...options, outputKind };
}

/** The options of the runtime among those of a model. */
export const runtimeOptionsOf = ({
  threads,
  memory,
  ort,
  executionProviders,
  modules,
}: LoadOptions): RuntimeOptions => ({
  threads,
  memory,
  ort,
  executionProviders,
  module: modules?.runtime,
});

/** The network of a model at the current input size; only one is open at a time. */
export interface NetworkSlot {
  /**
   * @throws {CamError} UNSUPPORTED_MODEL, BAD_MODEL or RUNTIME when the model cannot run.
   * @throws {CamError} BAD_OPTION when the requested size does not fit in memory.
   */
  readonly at: (tensor: FloatTensor, others: Values) => Promise<Network>;
  readonly close: () => Promise<void>;
}

export function networkSlot({ source, input, options }: LoadedModel): NetworkSlot {
  let open: { readonly key: string; readonly network: Network } | undefined;
  const close = async () => {
    await open?.network.close();
    open = undefined;
  };
  return {
    async at(tensor, others) {
      const key = `${tensor.dims.join()};${shapeKey(others)}`;
      if (open?.key === key && open.network.settled) return open.network;
      await close();
      if (source.model.graph.outputs.length === 0) {
        throw new CamError(
          'UNSUPPORTED_MODEL',
          'The model has no output, so there is nothing to explain. Export it with the class scores as an output.',
        );
      }
      const network = await Network.open(
        source.model,
        { ...others, [input.name]: fromFloat(tensor, input.type ?? 'float32') },
        { ...runtimeOptionsOf(options), external: source.external },
      );
      open = { key, network };
      return network;
    },
    close,
  };
}

/** Runs work and, if it runs out of memory, blames the size requested by the caller, if any. */
export async function blamingSize<Result>(
  { preprocessing = {} }: LoadOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const sized = (preprocessing.width ?? preprocessing.height) !== undefined;
    if (!sized || !(cause instanceof Error) || !ranOutOfMemory(cause)) throw cause;
    throw badOption(
      'preprocessing.width',
      `The size \`preprocessing.width\` × \`preprocessing.height\` is too large for this model. ${cause.message}`,
      cause,
    );
  }
}
