import { badOption } from '../errors.ts';
import { toTensor } from '../image/preprocess.ts';
import { readImage } from '../image/read.ts';
import { preprocessingFor } from '../models/preprocessing.ts';
import { extraInputs, type InputTensor } from '../network/inputs.ts';
import type { Values } from '../network/network.ts';
import type { ExplainOptions, ImageInput } from '../types.ts';
import type { LoadedModel } from './loaded.ts';

/**
 * The additional inputs of a model. Pictures are preprocessed like the image, for the shape of their input.
 * @throws {CamError} BAD_OPTION when one is missing or does not fit.
 * @throws {CamError} BAD_IMAGE when a picture cannot be read.
 */
export async function otherInputs(
  model: LoadedModel,
  { inputs = {}, maxPixels }: Pick<ExplainOptions, 'inputs' | 'maxPixels'>,
): Promise<Values> {
  const tensors = await Promise.all(
    Object.entries(inputs).map(async ([name, given]) => {
      const tensor = isTensor(given) ? given : await pictureTensor(model, name, given, maxPixels);
      return [name, tensor] as const;
    }),
  );
  return extraInputs(model.source.model.graph.inputs, model.input.name, Object.fromEntries(tensors));
}

const isTensor = (given: InputTensor | ImageInput): given is InputTensor =>
  typeof given === 'object' && 'dims' in given;

async function pictureTensor(
  { source, options }: LoadedModel,
  name: string,
  given: ImageInput,
  maxPixels: number | undefined,
): Promise<InputTensor> {
  const input = source.model.graph.inputs.find((one) => one.name === name);
  const image = await readImage(given, { modules: options.modules, maxPixels, type: input?.type });
  if ('dims' in image || input === undefined) return 'dims' in image ? image : { dims: [], data: [] };
  // The size asked for is that of the image.
  const { width, height, ...asked } = options.preprocessing ?? {};
  const { from, settings } = source.found ?? { from: 'metadata', settings: {} };
  const prepares = preprocessingFor(input, { from, settings: { width, height, ...settings } }, asked);
  if (prepares) return toTensor(image, prepares.preprocessing);
  throw badOption('inputs', `The input "${name}" does not take a picture. Pass a .npy tensor.`);
}
