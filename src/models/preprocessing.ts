import { badOption, CamError } from '../errors.ts';
import { inOrder, MIXES } from '../image/channels.ts';
import { FITS } from '../image/placement.ts';
import {
  checkPreprocessing,
  checkSettings,
  defaultPreprocessing,
  type Preprocessing,
  type TensorLayout,
} from '../image/preprocess.ts';
import { MAX_INPUT_PIXELS, shapeText } from '../network/inputs.ts';
import { isFloat } from '../onnx/data-type.ts';
import type { ValueInfo } from '../onnx/model.ts';

/** Side of the input if neither the model nor the caller sets one. */
const DEFAULT_SIDE = 224;

type Dims = readonly (number | string)[];

/** Channel, row and column axes of an input with four axes. */
const AXES: Readonly<Record<TensorLayout, readonly [channels: number, height: number, width: number]>> = {
  nchw: [1, 2, 3],
  nhwc: [3, 1, 2],
};

/** An input that takes a picture. */
interface ImageInputShape {
  readonly layout: TensorLayout;
  readonly depth: 1 | 3;
  readonly height: number;
  readonly width: number;
  /** What the declared shape decides. */
  readonly declared: ReadonlySet<keyof Preprocessing>;
}

/** Where settings stand: beside the model, in its own metadata, or in the table of presets. */
export type SettingsOrigin = 'preprocessor_config.json' | 'config.json' | 'metadata' | 'preset';

/** Who decided a setting: the caller, the model's declared input, a file beside it, a preset, or nobody. */
export type SettingSource = 'caller' | 'model' | SettingsOrigin | 'default';

/** The source of each setting of a preprocessing. */
export type PreprocessingSources = Readonly<Record<keyof Preprocessing, SettingSource>>;

/** Settings found for a model. */
export interface FoundSettings {
  readonly from: SettingsOrigin;
  readonly settings: Partial<Preprocessing>;
}

/** Preprocessing for an input, and where it comes from. */
interface InputPreprocessing {
  readonly preprocessing: Preprocessing;
  readonly sources: PreprocessingSources;
}

/**
 * Preprocessing for a model's input. Layout, channels and size follow from its declared shape; `asked` are the caller's
 * settings, `found` those beside the model. Undefined if the input does not take a picture.
 * @throws {CamError} BAD_OPTION when a setting of the caller is invalid or does not fit the input.
 * @throws {CamError} BAD_MODEL when one beside the model does not, with the file.
 */
export function preprocessingFor(
  input: ValueInfo,
  found: FoundSettings | undefined,
  asked: Partial<Preprocessing>,
): InputPreprocessing | undefined {
  const wanted = definedOnly(asked);
  checkSettings(wanted);
  const resolved = resolve(input, found, wanted);
  if (!resolved) return undefined;
  try {
    checkResolved(resolved);
  } catch (cause) {
    // Without the file, the same error is the caller's.
    if (!found || !(cause instanceof CamError)) throw cause;
    checkResolved(resolve(input, undefined, wanted));
    throw new CamError(
      'BAD_MODEL',
      `The settings in ${PLACES[found.from] ?? found.from} do not fit its input "${input.name}" ${shapeText(input.dims)}: ${cause.message} Correct or remove them, or set \`preprocessing\`.`,
      { cause, option: 'preprocessor' },
    );
  }
  return resolved;
}

/** Settings that are in no file, for errors. */
const PLACES: Partial<Record<SettingsOrigin, string>> = {
  metadata: "the model's metadata",
  preset: "the model's preset",
};

interface Resolved extends InputPreprocessing {
  readonly depth: 1 | 3;
}

function resolve(
  input: ValueInfo,
  found: FoundSettings | undefined,
  wanted: Partial<Preprocessing>,
): Resolved | undefined {
  const all = besideFor(definedOnly(found?.settings ?? {}), wanted);
  const takes = pictureInput(input, { ...all, ...wanted });
  if (!takes) return undefined;
  checkAsked(input, takes, wanted);
  const beside = follows(all) && isSized(takes) ? definedOnly({ ...all, fit: undefined }) : all;
  const given = { ...beside, ...wanted };
  const { depth, declared, ...extent } = takes;
  const defaults = defaultPreprocessing({ channels: depth, ...extent }, given.channels);
  const bytes = bytesFor(input, wanted);
  const settings = { ...defaults, ...given, ...extent, ...bytes };
  const preprocessing = {
    ...settings,
    mean: forEach(settings.mean, settings),
    std: forEach(settings.std, settings),
  };
  const sourceOf = (key: keyof Preprocessing): SettingSource => {
    if (declared.has(key) || (bytes && key in bytes)) return 'model';
    if (wanted[key] !== undefined) return 'caller';
    return found && beside[key] !== undefined ? found.from : 'default';
  };
  return { preprocessing, sources: mapKeys(preprocessing, sourceOf), depth };
}

/** @throws {CamError} BAD_OPTION when a setting, or several together, are invalid or do not fit the input. */
function checkResolved(resolved: Resolved | undefined): void {
  if (!resolved) return;
  const { preprocessing, sources, depth } = resolved;
  const { channels, width, height } = preprocessing;
  const count = MIXES[channels].length;
  if (count !== depth)
    throw badOption('preprocessing.channels', `It takes ${depth} channel(s), but ${channels} has ${count}.`);
  if (sources.width !== 'model' || sources.height !== 'model') checkPixels(width, height);
  checkPreprocessing(preprocessing);
}

function checkPixels(width: number, height: number): void {
  if (width * height <= MAX_INPUT_PIXELS) return;
  throw badOption(
    'preprocessing.width',
    `An input of ${width} x ${height} pixels does not fit into the runtime's memory. Reduce \`preprocessing.width\` and \`preprocessing.height\` to at most ${MAX_INPUT_PIXELS} pixels.`,
  );
}

const mapKeys = <Key extends string, Value>(
  object: Readonly<Record<Key, unknown>>,
  value: (key: Key) => Value,
): Record<Key, Value> =>
  Object.fromEntries((Object.keys(object) as Key[]).map((key) => [key, value(key)])) as Record<Key, Value>;

/**
 * A file's settings, without its margin where the caller resizes in another way, and with its numbers in the caller's
 * order of channels. A mean that is the same for three channels is that of one, too.
 */
function besideFor(
  { cropPct, ...found }: Partial<Preprocessing>,
  { fit, channels }: Partial<Preprocessing>,
): Partial<Preprocessing> {
  const ordered = (values: readonly number[] | undefined) => {
    if (new Set(values).size === 1) return values?.slice(0, 1);
    if (!values || !channels) return values;
    return inOrder(found.channels === 'bgr' ? values.toReversed() : values, channels);
  };
  const beside = { ...found, ...definedOnly({ mean: ordered(found.mean), std: ordered(found.std) }) };
  return cropPct === undefined || (fit ?? beside.fit) !== beside.fit ? beside : { ...beside, cropPct };
}

/**
 * An integer input takes bytes as they are: the model normalizes inside. Settings beside it are those of the network
 * before that was built in.
 * @throws {CamError} BAD_OPTION when the caller asks for normalization on top.
 */
function bytesFor(
  { name, type = 'float32' }: ValueInfo,
  asked: Partial<Preprocessing>,
): Pick<Preprocessing, 'range' | 'mean' | 'std'> | undefined {
  if (isFloat(type)) return undefined;
  const bytes = { range: type === 'int8' ? ([-128, 127] as const) : ([0, 255] as const), mean: [0], std: [1] };
  for (const key of ['range', 'mean', 'std'] as const) {
    const same = asked[key]?.every((value, i) => value === (bytes[key][i] ?? bytes[key][0])) ?? true;
    if (!same)
      throw badOption(
        `preprocessing.${key}`,
        `The model's input "${name}" is ${type}: it takes bytes and normalizes them itself. Omit \`preprocessing.${key}\`.`,
      );
  }
  return bytes;
}

const definedOnly = (settings: Partial<Preprocessing>): Partial<Preprocessing> =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

/** A single number applies to all channels. */
const forEach = (values: readonly number[], { channels }: Preprocessing): readonly number[] =>
  values.length === 1 ? MIXES[channels].map(() => values[0]) : values;

function pictureInput({ dims }: ValueInfo, given: Partial<Preprocessing>): ImageInputShape | undefined {
  const sized = given.height !== undefined && given.width !== undefined;
  // ONNX allows inputs without a declared shape; the caller must then set the size.
  const shape: Dims | undefined = dims ?? (sized ? ['', '', '', ''] : undefined);
  if (shape?.length !== 4) return undefined;
  const layout = declaredLayout(shape) ?? given.layout ?? 'nchw';
  const [channels, height, width] = AXES[layout].map((axis) => shape[axis]);
  const depth = typeof channels === 'number' ? channels : given.channels === 'gray' ? 1 : 3;
  if (depth !== 1 && depth !== 3) return undefined;
  const side = (size: number | string, wanted: number | undefined) =>
    typeof size === 'number' ? size : (wanted ?? DEFAULT_SIDE);
  const fixed = {
    layout: declaredLayout(shape) !== undefined,
    channels: channels === 1,
    height: typeof height === 'number',
    width: typeof width === 'number',
  };
  const declared = new Set((Object.keys(fixed) as (keyof typeof fixed)[]).filter((key) => fixed[key]));
  return { layout, depth, height: side(height, given.height), width: side(width, given.width), declared };
}

/** Whether the input's size follows from the picture's. */
const follows = ({ fit }: Partial<Preprocessing>): boolean => fit !== undefined && FITS[fit].follows === true;

/** Whether the model declares a side of its input, so that the input cannot follow the proportions of pictures. */
const isSized = ({ declared }: ImageInputShape): boolean => declared.has('height') || declared.has('width');

/** The layout of a shape with 1 or 3 channels at exactly one end. */
function declaredLayout(dims: Dims): TensorLayout | undefined {
  const [first, last] = [dims[1], dims[3]].map((size) => size === 1 || size === 3);
  if (first === last) return undefined;
  return first ? 'nchw' : 'nhwc';
}

/**
 * Checks the caller's settings before anything runs: the runtime's errors would be unclear, or missing.
 * @throws {CamError} BAD_OPTION when a setting does not fit the input.
 */
function checkAsked(input: ValueInfo, takes: ImageInputShape, asked: Partial<Preprocessing>): void {
  const what = `The model's input "${input.name}" ${shapeText(input.dims)}`;
  const { layout, channels, width = takes.width, height = takes.height } = asked;
  if (layout !== undefined && layout !== takes.layout) {
    const where = takes.layout === 'nchw' ? 'before its rows and columns' : 'after its rows and columns';
    throw badOption(
      'preprocessing.layout',
      `${what} has its channels ${where}, so it is ${takes.layout}, not ${layout}. Omit \`preprocessing.layout\`.`,
    );
  }
  const count = channels ? MIXES[channels].length : takes.depth;
  if (count !== takes.depth) {
    const fitting = takes.depth === 1 ? 'gray' : 'rgb or bgr';
    throw badOption(
      'preprocessing.channels',
      `${what} takes ${takes.depth} channel(s), but ${channels} has ${count}. Omit \`preprocessing.channels\`, or set ${fitting}.`,
    );
  }
  if (width !== takes.width || height !== takes.height) {
    throw badOption(
      'preprocessing.width',
      `The model only takes ${takes.width} x ${takes.height} pixels. Omit \`preprocessing.width\` and \`preprocessing.height\`.`,
    );
  }
  if (follows(asked) && isSized(takes)) {
    throw badOption(
      'preprocessing.fit',
      `${what} has a fixed size, which cannot follow the proportions of pictures. Use another \`preprocessing.fit\`, such as letterbox.`,
    );
  }
  if ((asked.width ?? asked.height) !== undefined) checkPixels(width, height);
}
