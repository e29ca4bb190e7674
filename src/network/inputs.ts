import { badOption, CamError, didYouMean } from '../errors.ts';
import type { ValueInfo } from '../onnx/model.ts';
import { fromNumbers, namedTensor, type Numbers, sizeOf, type Tensor } from '../runtime/tensor.ts';
import { ownValue } from '../table.ts';
import type { Values } from './network.ts';

/** An additional input: token ids, a mask, sizes. Numbers are converted to the model's type. */
export interface InputTensor {
  readonly dims: readonly number[];
  /** Row-major. */
  readonly data: Numbers;
}

/**
 * The image input: the named one, the first with four axes, with five (a volume), with three (a signal), or the first.
 * @throws {CamError} BAD_OPTION when the model has no input of that name.
 * @throws {CamError} UNSUPPORTED_MODEL when the model has no inputs.
 */
export function imageInput(inputs: readonly ValueInfo[], name?: string): ValueInfo {
  if (inputs.length === 0) {
    throw new CamError(
      'UNSUPPORTED_MODEL',
      'The model has no input: its output is the same for every image. Export it with the image as an input, not as a constant.',
    );
  }
  if (name === undefined) {
    const withAxes = (count: number) => inputs.find(({ dims }) => dims?.length === count);
    return withAxes(4) ?? withAxes(5) ?? withAxes(3) ?? inputs[0];
  }
  return inputs.find((input) => input.name === name) ?? unknownInput('imageInput', name, inputs);
}

/** Limit on an input's pixels: about 400 MB of the runtime's 4 GB; the first layers need several times as much. */
export const MAX_INPUT_PIXELS: number = 2 ** 25;

/**
 * Checks what a model declares before anything of that size is allocated.
 * @throws {CamError} UNSUPPORTED_MODEL when an input is empty or too large.
 */
export function requireSizes(inputs: readonly ValueInfo[]): void {
  for (const input of inputs) {
    const values = sizeOf((input.dims ?? []).filter((size) => typeof size === 'number'));
    const wrong =
      values === 0
        ? 'is empty'
        : values > 3 * MAX_INPUT_PIXELS &&
          `has ${values} values; the limit is ${3 * MAX_INPUT_PIXELS}, since more do not fit into the runtime's memory`;
    if (wrong)
      throw new CamError(
        'UNSUPPORTED_MODEL',
        `The model's input ${described(input)} ${wrong}. Export the model for another size.`,
      );
  }
}

/** @throws {CamError} UNSUPPORTED_MODEL when the input takes several images at once. */
export function requireSingleImage({ name, dims = [] }: ValueInfo): void {
  const [batch] = dims;
  // [C, H, W] and a vector have no batch axis.
  if (typeof batch !== 'number' || batch <= 1 || dims.length === 1 || dims.length === 3) return;
  throw new CamError(
    'UNSUPPORTED_MODEL',
    `The model was exported with batch size ${batch} (its input "${name}" is ${shapeText(dims)}), but camwasm explains one image. Export it with batch size 1 or a dynamic batch.`,
  );
}

/**
 * The additional inputs, as tensors for the runtime.
 * @throws {CamError} BAD_OPTION when one is missing or does not fit.
 */
export function extraInputs(
  inputs: readonly ValueInfo[],
  image: string,
  given: Readonly<Record<string, InputTensor>> = {},
): Values {
  const extra = inputs.filter(({ name }) => name !== image);
  for (const name of Object.keys(given)) {
    if (name === image) throw badOption('inputs', `"${name}" is the image input. Remove it from \`inputs\`.`);
    if (!extra.some((input) => input.name === name)) unknownInput('inputs', name, extra);
  }
  const missing = extra.filter(({ name }) => ownValue(given, name) === undefined);
  if (missing.length > 0) {
    throw badOption(
      'inputs',
      `The model has inputs besides the image "${image}": ${missing.map(described).join(', ')}. Pass ${missing.length === 1 ? 'it' : 'them'} as \`inputs\`.`,
    );
  }
  return Object.fromEntries(
    extra.map((input) => [input.name, tensorFor(input, ownValue(given, input.name)!)]),
  );
}

/** Zeros for the additional inputs, with size 1 for open dimensions: enough to inspect the graph. */
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
  throw badOption(
    'inputs',
    `The input ${described(input)} does not accept ${data.length} numbers of shape [${dims.join(', ')}].`,
  );
}

/** Inputs for `count` images: inputs with a batch axis are repeated. */
export function repeated(values: Values, inputs: readonly ValueInfo[], count: number): Values {
  if (count === 1) return values;
  const perImage = (name: string) => {
    const [first] = inputs.find((input) => input.name === name)?.dims ?? [];
    return typeof first !== 'number' && namedTensor(values, name).dims[0] === 1;
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

/** Key of everything that shapes can depend on: dimensions, and the contents of integer inputs, which may be sizes. */
export const shapeKey = (values: Values): string =>
  Object.entries(values)
    .map(
      ([name, { type, dims, data }]) =>
        `${name}[${dims.join()}]${type.startsWith('float') ? '' : data.join()}`,
    )
    .join(';');

/** `[N, 3, ?, ?]`, as declared by the model. */
export const shapeText = (dims: ValueInfo['dims']): string =>
  `[${dims?.map((size) => (size === '' ? '?' : size)).join(', ') ?? '?'}]`;

const described = ({ name, type, dims }: ValueInfo): string =>
  `"${name}" (${type ?? 'of unknown type'} ${shapeText(dims)})`;

function unknownInput(option: 'imageInput' | 'inputs', name: string, inputs: readonly ValueInfo[]): never {
  const names = inputs.map((input) => input.name);
  const known = names.length > 0 ? ` Inputs: ${names.join(', ')}.` : ' Its only input is the image.';
  throw badOption(option, `The model has no input "${name}".${didYouMean(name, names)}${known}`);
}
