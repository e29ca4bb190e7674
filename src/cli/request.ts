import { resolve } from 'node:path';
import {
  type ColorChannels,
  type ExplainOptions,
  findMethods,
  type InputTensor,
  KERAS_MODES,
  type LoadOptions,
  readNpyNumbers,
} from '../index.ts';
import { badOption, type Given, type InputFile, layerNames, librarySettings } from '../options/index.ts';
import { inputOf } from './inputs.ts';
import type { Job } from './plan.ts';
import { readNamed } from './read-named.ts';
import type { NamedTarget } from './targets.ts';

/**
 * Pairs each image with the methods that explain it; methods without an image come last.
 * @throws {CamError} BAD_OPTION for options that exclude each other, or a missing image.
 * @throws {CamError} UNKNOWN_METHOD for an unknown method.
 */
export function jobsOf(settings: Given, operands: readonly string[]): Job[] {
  const { class: classes, target, top, quiet, verbose, base } = settings;
  const [one, other] = [classes && '--class', target && '--target', top && '--top'].filter(Boolean);
  if (other) throw badOption(undefined, `${one} and ${other} exclude each other. Use one of them.`);
  if (quiet && verbose)
    throw badOption(undefined, '--quiet and --verbose exclude each other. Use one of them.');
  const chosen = findMethods({ method: settings.method, base });
  const optional = new Set(chosen.flatMap((method) => (method.optional ? [method.id] : [])));
  const [makers, explainers] = [true, false].map((makes) =>
    chosen.filter((method) => method.makesImage === makes).map(({ id }) => id),
  );
  if (makers.length > 0 && !classes && !target)
    throw badOption('class', `${makers[0]} generates an image of a class. Set it with -c.`);
  if (explainers.length > 0 && operands.length === 0) {
    throw badOption(
      undefined,
      'The image is missing. Pass one, or - for standard input. `camwasm --help` shows examples.',
    );
  }
  const images = explainers.length > 0 ? operands : [];
  return [
    ...images.map((name) => ({ input: inputOf(name), methods: explainers, optional })),
    ...(makers.length > 0 ? [{ input: undefined, methods: makers, optional }] : []),
  ];
}

/**
 * Options for loading the model.
 * @throws {CamError} BAD_OPTION for conflicting values.
 */
export function loadOptionsOf(settings: Given, cwd: string): LoadOptions {
  const { labels } = settings;
  return {
    ...librarySettings(settings, 'load'),
    ...(labels !== undefined && { labels: resolve(cwd, labels) }),
    preprocessing: preprocessingOf(settings),
  };
}

export const preprocessingOf = (settings: Given): NonNullable<LoadOptions['preprocessing']> => {
  const { colors } = channelsOf(settings);
  const mode = settings['keras-mode'];
  return {
    ...(mode && KERAS_MODES[mode]),
    ...settings.size,
    ...librarySettings(settings, 'preprocessing'),
    ...(colors && { channels: colors }),
  };
};

/**
 * Options for explaining each image; `classes` come from -c.
 * @throws {CamError} BAD_OPTION for conflicting values.
 * @throws {CamError} BAD_TENSOR for an unreadable input file.
 */
export async function explainOptionsOf(
  settings: Given,
  values: readonly string[],
  { classes, targets }: { classes?: readonly number[]; targets?: readonly NamedTarget[] },
  cwd: string,
): Promise<ExplainOptions & { layer: string[] | undefined }> {
  const { count } = channelsOf(settings);
  return {
    ...librarySettings(settings, 'explain'),
    ...(targets && { target: targets.map(({ target }) => target) }),
    ...(classes && { class: classes }),
    ...(settings.input && { inputs: await readInputs(settings.input, cwd) }),
    ...(count !== undefined && { channels: count }),
    layer: layerNames(settings, values),
  };
}

/**
 * The two meanings of --channels: color order of the input, and a limit on the channels of a layer.
 * @throws {CamError} BAD_OPTION for more than one of each.
 */
export function channelsOf({ channels = [] }: Pick<Given, 'channels'>): {
  colors: ColorChannels | undefined;
  count: number | undefined;
} {
  const colors = channels.filter((value) => typeof value === 'string');
  const counts = channels.filter((value) => typeof value === 'number');
  if (colors.length > 1 || counts.length > 1) {
    throw badOption(
      'channels',
      `--channels takes one color order and one number, not ${channels.join(' and ')}.`,
    );
  }
  return { colors: colors[0], count: counts[0] };
}

/**
 * Reads the files of --input: tensors, and the bytes of pictures.
 * @throws {CamError} BAD_TENSOR when a file cannot be read.
 */
export async function readInputs(
  files: readonly InputFile[],
  cwd: string,
): Promise<Record<string, InputTensor | Uint8Array>> {
  const read = async ({ name, file }: InputFile) => {
    const bytes = await readNamed(cwd, file, 'BAD_TENSOR', `Check --input ${name}=${file}.`);
    const isTensor = file.toLowerCase().endsWith('.npy');
    return [name, isTensor ? readNpyNumbers(bytes) : bytes] as const;
  };
  return Object.fromEntries(await Promise.all(files.map(read)));
}
