import { CamError, didYouMean } from '../errors.ts';
import type { ValueInfo } from '../onnx/model.ts';
import { fromNumbers, sizeOf, type Numbers, type Tensor } from '../runtime/tensor.ts';
import type { Values } from './network.ts';

/** An input besides the image: token ids, a mask, sizes. Numbers are converted to the type that the model declares. */
export interface InputTensor {
  readonly dims: readonly number[];
  /** Row-major. */
  readonly data: Numbers;
}

/**
 * The input that takes the image: the one named, the first with four axes, or the first.
 * @throws CamError BAD_OPTION, UNSUPPORTED_MODEL where there is none at all.
 */
export function imageInput(inputs: readonly ValueInfo[], name?: string): ValueInfo {
  if (inputs.length === 0) {
    throw new CamError(
      'UNSUPPORTED_MODEL',
      'The model has no input: it gives the same for every picture, and there is nothing to explain. Export it with the picture as an input, not as a constant.',
    );
  }
  if (name === undefined) return inputs.find(({ dims }) => dims?.length === 4) ?? inputs[0];
  return inputs.find((input) => input.name === name) ?? unknown(name, inputs);
}

/** @throws CamError UNSUPPORTED_MODEL for an input that takes several images at once. */
export function checkBatch({ name, dims = [] }: ValueInfo): void {
  const [batch] = dims;
  // [C, H, W] and a plain vector have no axis that counts images.
  if (typeof batch !== 'number' || batch <= 1 || dims.length === 1 || dims.length === 3) return;
  throw new CamError(
    'UNSUPPORTED_MODEL',
    `The model was exported for ${batch} images at once (its input "${name}" is ${shapeText(dims)}), and camwasm explains one. Export it with a batch of 1, or with a free one.`,
  );
}

/** The inputs besides the image, as the runtime takes them. @throws CamError BAD_OPTION for one that is missing or does not fit. */
export function furtherInputs(
  inputs: readonly ValueInfo[],
  image: string,
  given: Readonly<Record<string, InputTensor>> = {},
): Values {
  const further = inputs.filter(({ name }) => name !== image);
  for (const name of Object.keys(given)) {
    if (name === image)
      throw bad(`The input "${name}" takes the image: it cannot be given as a further one.`);
    if (!further.some((input) => input.name === name)) unknown(name, further);
  }
  const missing = further.filter(({ name }) => !(name in given));
  if (missing.length > 0) {
    throw bad(
      `The model takes more than the image "${image}": ${missing.map(described).join(', ')}. Give ${missing.length === 1 ? 'it' : 'each'} with --input name=file.npy (inputs).`,
    );
  }
  return Object.fromEntries(further.map((input) => [input.name, tensorFor(input, given[input.name])]));
}

/** Zeros for the inputs besides the image, one where the model leaves a size open: enough to look at its graph. */
export const blankInputs = (inputs: readonly ValueInfo[], image: string): Record<string, InputTensor> =>
  Object.fromEntries(
    inputs
      .filter(({ name }) => name !== image)
      .map(({ name, dims: declared = [] }) => {
        const dims = declared.map((size) => (typeof size === 'number' ? size : 1));
        return [name, { dims, data: new Float32Array(sizeOf(dims)) }];
      }),
  );

function tensorFor(input: ValueInfo, { dims, data }: InputTensor): Tensor {
  const { dims: declared = dims, type = 'float32' } = input;
  const fits =
    declared.length === dims.length &&
    declared.every((size, axis) => typeof size !== 'number' || size === dims[axis]);
  if (fits && sizeOf(dims) === data.length) return fromNumbers(dims, data, type);
  throw bad(`The input ${described(input)} does not take ${data.length} numbers as [${dims.join(', ')}].`);
}

/** Inputs for `count` images at once: one whose first axis counts images is repeated for each. */
export function repeated(values: Values, inputs: readonly ValueInfo[], count: number): Values {
  if (count === 1) return values;
  const perImage = (name: string) => {
    const [first] = inputs.find((input) => input.name === name)?.dims ?? [];
    return typeof first !== 'number' && values[name].dims[0] === 1;
  };
  const repeat = ({ type, dims, data }: Tensor): Tensor => {
    const copies = data.slice(0, 0).constructor as new (length: number) => typeof data;
    const out = new copies(data.length * count);
    for (let at = 0; at < out.length; at += data.length) out.set(data as never, at);
    return { type, dims: [count, ...dims.slice(1)], data: out };
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, tensor]) => [name, perImage(name) ? repeat(tensor) : tensor]),
  );
}

/**
 * What the shapes of a network can depend on: dimensions, and the numbers of integer inputs, which may be sizes or
 * positions.
 */
export const shapeKey = (values: Values): string =>
  Object.entries(values)
    .map(
      ([name, { type, dims, data }]) =>
        `${name}[${dims.join()}]${type.startsWith('float') ? '' : data.join()}`,
    )
    .join(';');

/** `[N, 3, ?, ?]`, as the model declares it. */
export const shapeText = (dims: ValueInfo['dims']): string =>
  `[${dims?.map((size) => (size === '' ? '?' : size)).join(', ') ?? '?'}]`;

const described = ({ name, type, dims }: ValueInfo): string =>
  `"${name}" (${type ?? 'of unknown type'} ${shapeText(dims)})`;

function unknown(name: string, inputs: readonly ValueInfo[]): never {
  const names = inputs.map((input) => input.name);
  const known =
    names.length > 0 ? ` Its inputs: ${names.join(', ')}.` : ' It takes nothing besides the image.';
  throw bad(`The model has no input "${name}".${didYouMean(name, names)}${known}`);
}

const bad = (message: string): CamError => new CamError('BAD_OPTION', message);
