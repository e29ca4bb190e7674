import { badOption, type CamError, didYouMean } from '../errors.ts';

/** A color map: colors for the values 0 to 1. */
export interface Colormap {
  readonly title: string;
  /** `sequential` runs from low to high; `diverging` from one extreme through a neutral middle to the other. */
  readonly kind: 'sequential' | 'diverging';
  /** 256 RGBA colors, one byte per channel. */
  readonly table: () => Uint8Array;
}

/** Id of a built-in color map. */
export type ColormapId =
  'turbo' | 'jet' | 'viridis' | 'inferno' | 'magma' | 'plasma' | 'gray' | 'coolwarm' | 'redblue';

/**
 * Turbo resembles jet, the field's habit (blue is cold, red is hot), but its lightness changes evenly, while jet paints
 * edges that the map does not have. For color-blind readers, use viridis.
 */
export const DEFAULT_COLORMAP: ColormapId = 'turbo';

/**
 * A color map: its id, an entry of `COLORMAPS`, a function from a value (0 to 1) to red, green and blue (0 to 255), or a
 * table of 256 colors of three or four bytes.
 */
export type ColormapInput =
  | ColormapId
  | Pick<Colormap, 'table'>
  | ((value: number) => readonly [red: number, green: number, blue: number])
  | ArrayLike<number>;

/**
 * The 256 RGBA colors of a color map.
 * @throws {CamError} BAD_OPTION for an unknown id, a table of the wrong length, or colors outside 0 to 255.
 */
export function colorTable(colormap: ColormapInput): Uint8Array {
  if (typeof colormap === 'string') {
    if (Object.hasOwn(COLORMAPS, colormap)) return COLORMAPS[colormap].table();
    const ids = Object.keys(COLORMAPS);
    const hint = didYouMean(colormap, ids) || ` Known: ${ids.join(', ')}.`;
    throw badOption('colormap', `Unknown color map "${String(colormap)}".${hint}`);
  }
  const colors = typeof colormap === 'function' ? colorsOf(colormap) : tableOf(colormap);
  const channels = colors.length / 256;
  if (channels !== 3 && channels !== 4) throw notColormap();
  const wrong = colors.find((value) => !(Number.isFinite(value) && value >= 0 && value <= 255));
  const unit = colors.every((value) => value <= 1) && colors.some((value) => !Number.isInteger(value));
  if (wrong !== undefined || unit) {
    const found = wrong === undefined ? 'values from 0 to 1' : String(wrong);
    throw badOption('colormap', `\`colormap\` returned ${found}. Colors are numbers from 0 to 255.`);
  }
  return channels === 4
    ? Uint8Array.from(colors, Math.round)
    : tabulate((value) => [0, 1, 2].map((c) => colors[3 * Math.round(255 * value) + c]!));
}

function colorsOf(color: (value: number) => unknown): number[] {
  return Array.from({ length: 256 }, (_, at) => {
    const values = color(at / 255);
    if (Array.isArray(values) && values.length === 3) return values.map(channelOf);
    throw notColormap();
  }).flat();
}

function tableOf(colormap: Pick<Colormap, 'table'> | ArrayLike<number>): number[] {
  if (typeof colormap !== 'object' || colormap === null) throw notColormap();
  const table = 'table' in colormap ? colormap.table() : colormap;
  return Array.from(table, channelOf);
}

/** Strings are not colors, even numeric ones. */
const channelOf = (value: unknown): number => (typeof value === 'number' ? value : NaN);

const notColormap = (): CamError =>
  badOption(
    'colormap',
    '`colormap` takes an id, a function from a value to [red, green, blue], or a table of 256 colors.',
  );

/**
 * Every built-in color map, by id.
 *
 * @example
 * const [red, green, blue] = COLORMAPS.viridis.table().subarray(4 * 128); // the color of 0.5
 */
// The anchors are every fifth entry of the published 256-entry tables; interpolation is off by at most 2 in any
// channel.
export const COLORMAPS: Readonly<Record<ColormapId, Colormap>> = {
  // A. Mikhailov, "Turbo, An Improved Rainbow Colormap for Visualization" (2019), Apache-2.0
  turbo: sequential(
    'Turbo',
    '30123b36215f3b2f803f3e9c424bb54559cb4666dd4773eb4680f6458cfd4099ff38a5fb2fb2f427bee91fc9dd1ad4d018ddc2' +
      '1ae4b622ebaa2ff19b3ff68a52fa7a65fd6979fe598bff4b9cfe40a9fb39b7f735c3f134d0ea34dbe236e5d938eecf3af5c5' +
      '3afaba39fdae35fea130fe932afc8423f9751df46617ef5811e84b0ce14109d83706ce2d04c32503b71d02a916019b0f018b' +
      '09027a0403',
  ),
  // COLORMAP_JET of MATLAB and OpenCV: trapezoids of height 1 and width 3/4, a quarter apart
  jet: {
    title: 'Jet',
    kind: 'sequential',
    table: () =>
      tabulate((v) => [3, 2, 1].map((peak) => 255 * Math.min(1, Math.max(0, 1.5 - Math.abs(4 * v - peak))))),
  },
  // N. Smith and S. van der Walt, matplotlib's perceptually uniform maps (2015), CC0
  viridis: sequential(
    'Viridis',
    '44015446085c471063481769481d6f482475472a7a46307e453781433d844142873f48893d4e8a3a538b38598c355e8d33638d' +
      '31688e2e6d8e2c718e2a768e297b8e27808e25848e23898e218e8d20928c1f978b1e9c891fa18821a58524aa8328ae802eb37c' +
      '35b7793dbc7446c06f50c46a5ac86465cb5e70cf577cd25089d54895d840a2da37b0dd2fbddf26cae11fd8e219e5e419f1e51d' +
      'fde725',
  ),
  inferno: sequential(
    'Inferno',
    '00000402020c0504170a072210092d160b391e0c45260c512f0a5b380962400a67490b6a510e6c59106e61136e69166e71196e' +
      '781c6d801f6c88226a902568982766a02a63a82e5fb0315bb73557bf3952c63d4dcc4248d34743d94d3ddf5337e45a31e9612b' +
      'ed6925f1711ff47918f78212f98b0bfa9407fb9d07fca60cfcb014fbba1ffac42af8cd37f6d746f4e156f2ea69f2f27df5f992' +
      'fcffa4',
  ),
  magma: sequential(
    'Magma',
    '00000402020b0504160907200e0b2b140e361a104221114e29115a311165390f6e420f754a107952137c5a167e6219806a1c81' +
      '721f81792282812581892881912b81992d80a1307eaa337db2357bba3878c23b75ca3e72d2426fd9466be04c67e75263ec5860' +
      'f1605df4695cf7725cf97b5dfb8560fc8e64fd9869fea16efeaa74feb47bfebd82fec68afecf92fed89afde2a3fdebacfcf4b6' +
      'fcfdbf',
  ),
  plasma: sequential(
    'Plasma',
    '0d08871b068d2605912f059638049a41049d4903a05102a35901a56100a76900a87100a87801a88004a88707a68e0ca49511a1' +
      '9c179ea21d9aa82296ae2892b42e8dba3388bf3984c43e7fc9447acd4a76d24f71d6556dda5b69de6164e26660e66c5ce97257' +
      'ed7953f07f4ff3854bf58c46f79342f99a3efba139fca835fdaf31feb72dfebe2afdc627fcce25fbd724f8df25f6e826f3f027' +
      'f0f921',
  ),
  gray: sequential('Gray', '000000ffffff'),
  // K. Moreland, "Diverging Color Maps for Scientific Visualization" (2009), the published 33 anchors
  coolwarm: diverging(
    'Cool to warm',
    '3b4cc0445acc4d68d75775e16282ea6c8ef1779af782a5fb8db0fe98b9ffa3c2ffaec9fdb8d0f9c2d5f4ccd9eed5dbe6dddddd' +
      'e5d8d1ecd3c5f1ccb9f5c4adf7bba0f7b194f7a687f49a7bf18d6fec7f63e57058de604dd55042cb3e38c0282fb40426',
  ),
  // C. Brewer, ColorBrewer 2.0 RdBu of 11 classes, red for the positive end, Apache-2.0
  redblue: diverging('Red and blue', '0530612166ac4393c392c5ded1e5f0f7f7f7fddbc7f4a582d6604db2182b67001f'),
};

function sequential(title: string, anchors: string): Colormap {
  return { title, kind: 'sequential', table: () => tabulate(between(anchors)) };
}

function diverging(title: string, anchors: string): Colormap {
  return { title, kind: 'diverging', table: () => tabulate(between(anchors)) };
}

function tabulate(color: (v: number) => number[]): Uint8Array {
  return Uint8Array.from(
    Array.from({ length: 256 }, (_, i) => [...color(i / 255).map(Math.round), 255]).flat(),
  );
}

// Interpolates linearly between equally spaced colors, each six hexadecimal digits.
function between(anchors: string): (v: number) => number[] {
  const colors = anchors
    .match(/.{6}/g)!
    .map((hex) => [0, 2, 4].map((i) => Number.parseInt(hex.slice(i, i + 2), 16)));
  return (v) => {
    const at = v * (colors.length - 1);
    const low = Math.min(Math.floor(at), colors.length - 2);
    return colors[low]!.map((value, c) => value + (at - low) * (colors[low + 1]![c]! - value));
  };
}
