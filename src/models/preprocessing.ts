import { CamError } from '../errors.ts';
import { MIXES } from '../image/channels.ts';
import {
  checkPreprocessing,
  checkSettings,
  defaultPreprocessing,
  type Preprocessing,
  type TensorLayout,
} from '../image/preprocess.ts';
import { shapeText } from '../network/inputs.ts';
import type { Model, ValueInfo } from '../onnx/model.ts';

/** Side of the input where neither the model nor anyone else says one. */
const USUAL_SIDE = 224;

/**
 * Most pixels of an input that are asked for: some 400 MB of the runtime's 4 GB, of which the first layers need several
 * times as much.
 */
const MOST_PIXELS = 2 ** 25;

type Dims = readonly (number | string)[];

/** Where an input of four axes has its channels, rows and columns. */
const AXES: Readonly<Record<TensorLayout, readonly [channels: number, height: number, width: number]>> = {
  nchw: [1, 2, 3],
  nhwc: [3, 1, 2],
};

/** An input that a picture can become. */
interface ImageInputShape {
  readonly layout: TensorLayout;
  readonly depth: 1 | 3;
  readonly height: number;
  readonly width: number;
}

/**
 * How pictures become a model's input: layout, channels and size are read off its declared shape, `asked` is what the
 * caller wants, `found` what lies beside the model. Undefined where the input takes no picture.
 * @throws CamError BAD_OPTION where what is asked for is not what the input takes.
 */
export function preprocessingFor(
  input: ValueInfo,
  found: Partial<Preprocessing>,
  asked: Partial<Preprocessing>,
): Preprocessing | undefined {
  const wishes = definedOnly(asked);
  checkSettings(wishes);
  const given = { ...definedOnly(found), ...wishes };
  const takes = pictureInput(input, given);
  if (!takes) return undefined;
  checkAsked(input, takes, wishes);
  const { depth, ...extent } = takes;
  const defaults = defaultPreprocessing({ channels: depth, ...extent }, given.channels);
  const settings = { ...defaults, ...given, ...extent };
  const preprocessing = {
    ...settings,
    mean: forEach(settings.mean, settings),
    std: forEach(settings.std, settings),
  };
  if (Object.keys(wishes).length > 0) checkPreprocessing(preprocessing);
  return preprocessing;
}

const definedOnly = (settings: Partial<Preprocessing>): Partial<Preprocessing> =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

/** One number stands for all channels. */
const forEach = (values: readonly number[], { channels }: Preprocessing): readonly number[] =>
  values.length === 1 ? MIXES[channels].map(() => values[0]) : values;

function pictureInput({ dims }: ValueInfo, given: Partial<Preprocessing>): ImageInputShape | undefined {
  const sized = given.height !== undefined && given.width !== undefined;
  // ONNX allows an input of no declared shape: then everything has to be said.
  const shape: Dims | undefined = dims ?? (sized ? ['', '', '', ''] : undefined);
  if (shape?.length !== 4) return undefined;
  const layout = declaredLayout(shape) ?? given.layout ?? 'nchw';
  const [channels, height, width] = AXES[layout].map((axis) => shape[axis]);
  const depth = typeof channels === 'number' ? channels : given.channels === 'gray' ? 1 : 3;
  if (depth !== 1 && depth !== 3) return undefined;
  const side = (size: number | string, wish: number | undefined) =>
    typeof size === 'number' ? size : (wish ?? USUAL_SIDE);
  return { layout, depth, height: side(height, given.height), width: side(width, given.width) };
}

/** The layout that a shape leaves no doubt of: it has 1 or 3 channels at one end, and at the other it has not. */
function declaredLayout(dims: Dims): TensorLayout | undefined {
  const [first, last] = [dims[1], dims[3]].map((size) => size === 1 || size === 3);
  if (first === last) return undefined;
  return first ? 'nchw' : 'nhwc';
}

/** @throws CamError BAD_OPTION: said before anything runs, since the runtime says it in other words, or not at all. */
function checkAsked(input: ValueInfo, takes: ImageInputShape, asked: Partial<Preprocessing>): void {
  const what = `The model's input "${input.name}" ${shapeText(input.dims)}`;
  const { layout, channels, width = takes.width, height = takes.height } = asked;
  if (layout !== undefined && layout !== takes.layout) {
    const where = takes.layout === 'nchw' ? 'before its rows and columns' : 'behind its rows and columns';
    throw badInputSettings(
      `${what} has its channels ${where}: that is ${takes.layout}, not ${layout}. Leave --layout (layout) out.`,
    );
  }
  const count = channels ? MIXES[channels].length : takes.depth;
  if (count !== takes.depth) {
    const fitting = takes.depth === 1 ? 'gray' : 'rgb or bgr';
    throw badInputSettings(
      `${what} takes ${takes.depth} channel(s), and ${channels} has ${count}. Leave --channels (channels) out, or say ${fitting}.`,
    );
  }
  if (width !== takes.width || height !== takes.height) {
    throw badInputSettings(
      `The model takes ${takes.width} x ${takes.height} pixels and no other size. Leave --size out.`,
    );
  }
  if ((asked.width ?? asked.height) !== undefined && width * height > MOST_PIXELS) {
    throw badInputSettings(
      `An input of ${width} x ${height} pixels does not fit into the runtime's memory. Give a smaller --size (width, height): ${MOST_PIXELS} pixels at most.`,
    );
  }
}

/** Why no picture becomes the input of a model, and what can be done about it. */
export function noPicture({ name, dims }: ValueInfo, model: Model): CamError {
  const foreign = foreignOperators(model);
  if (foreign.length > 0) {
    return new CamError(
      'UNSUPPORTED_MODEL',
      `The model's input "${name}" ${shapeText(dims)} takes no picture, and onnxruntime-web does not have all of its operators: ${foreign.join(', ')}. Export the network without them, which often means without its pre- and postprocessing.`,
    );
  }
  if (dims === undefined) {
    return badInputSettings(
      `The model does not declare the shape of its input "${name}": say what a picture becomes with --size, and with --layout and --channels where that is not nchw and rgb (preprocessing). Or give it a .npy tensor.`,
    );
  }
  return new CamError(
    'UNSUPPORTED_MODEL',
    `The model's input "${name}" ${shapeText(dims)} takes no picture. Give it a .npy tensor of that shape.`,
  );
}

/** Domains whose operators onnxruntime has; a model may bring functions of its own. */
const DOMAINS = /^(ai\.onnx(\.\w+)*|com\.microsoft(\.(nchwc|experimental|dml))?|com\.ms\.internal\.nhwc)$/;

function foreignOperators({ graph, functions }: Model): string[] {
  const domain = (op: string) => op.slice(0, op.lastIndexOf('.'));
  const used = new Set(graph.nodes.map(({ op }) => op));
  return [...used].filter((op) => op.includes('.') && !DOMAINS.test(domain(op)) && !functions.has(op));
}

const badInputSettings = (message: string): CamError => new CamError('BAD_OPTION', message);
