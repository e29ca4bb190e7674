import type { Picture } from '../image/source.ts';
import type { Kernels } from '../kernels/index.ts';
import type { Labels } from '../models/labels.ts';
import type { Network, Values } from '../network/network.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import type { ExplainOptions, FileSource, ImageInput } from '../types.ts';
import type { PreparedInput } from './input.ts';
import type { LoadedModel, NetworkSlot } from './loaded.ts';
import { otherInputs } from './other-inputs.ts';
import type { Stopwatch } from './stopwatch.ts';
import { targetMask, targetTensor } from './target-images.ts';

/** The network of a call, with readers for other images. */
export interface CallContext {
  readonly network: Network;
  readonly kernels: Kernels;
  readonly labels: Labels;
  /** Name of the image input, and values of the additional inputs. */
  readonly input: string;
  readonly others: Values;
  readonly watch: Stopwatch;
  /** Readers for other images of targets: as pictures, and as model inputs. */
  readonly readMask: (source: FileSource | ImageInput) => Promise<Picture>;
  readonly readTensor: (source: FileSource | ImageInput) => Promise<FloatTensor>;
}

/**
 * Opens the network for an image and reads the other inputs of a call.
 * @throws {CamError} BAD_OPTION, BAD_TENSOR or BAD_IMAGE for invalid inputs.
 */
export async function contextFor(
  model: LoadedModel,
  slot: NetworkSlot,
  { tensor }: PreparedInput,
  { inputs, maxPixels }: Pick<ExplainOptions, 'inputs' | 'maxPixels'>,
  watch: Stopwatch,
): Promise<CallContext> {
  const others = await otherInputs(model, { inputs, maxPixels });
  return {
    network: await watch.time('prepare', () => slot.at(tensor, others)),
    kernels: model.kernels,
    labels: model.labels,
    input: model.input.name,
    others,
    watch,
    readMask: (source) => targetMask(source, { modules: model.options.modules, maxPixels }),
    readTensor: (source) => targetTensor(source, model, maxPixels),
  };
}
