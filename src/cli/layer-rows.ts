import type { Inspection, LayerInfo, ModuleInfo, Port } from '../index.ts';

type Entry = LayerInfo | ModuleInfo;

/**
 * Rows of a model's layers by module. A closed module is one row, the layer it stands for, with the default layer below
 * if that is another one in it. A module with more than half of all layers is open, as are all with `expand`.
 */
export function layerRows({ layers, modules }: Inspection, expand: boolean): string[][] {
  const around = lineages(modules);
  const { counts, contents } = groups(layers, around);
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const chosen = layers.find(({ automatic }) => automatic);

  const rowsOf = (entry: Entry, parent: string | null, depth: number): string[][] => {
    if ('layout' in entry) return entry.name === parent ? [] : [row(entry.name, entry, depth)];
    const count = counts.get(entry.name)!;
    const layer = entry.layer === null ? undefined : byName.get(entry.layer);
    if ((count > 1 || !layer) && (expand || count > layers.length / 2)) {
      const star = layer?.name === entry.name ? undefined : ' '; // a row below has it
      return [row(entry.name, layer, depth, '', star), ...rowsIn(entry.name, depth + 1)];
    }
    const note = count > 1 || !layer ? `${count} layer${count > 1 ? 's' : ''}` : expand ? layer.name : '';
    const own = row(entry.name, layer, depth, note);
    if (!chosen || chosen === layer || !around(chosen.module).includes(entry)) return [own];
    const short = modules.find((one) => one.layer === chosen.name && around(one.name).includes(entry));
    return [own, row((short ?? chosen).name, chosen, depth + 1)];
  };
  const rowsIn = (parent: string | null, depth: number): string[][] =>
    (contents.get(parent) ?? []).flatMap((entry) => rowsOf(entry, parent, depth));
  return rowsIn(null, 0);
}

type Lineages = (module: string | null) => readonly ModuleInfo[];

/** A module and those around it, from the inside out, by name. */
function lineages(modules: readonly ModuleInfo[]): Lineages {
  const named = new Map(modules.map((module) => [module.name, module]));
  const around: Lineages = (name) => {
    const module = name === null ? undefined : named.get(name);
    return module ? [module, ...around(module.parent)] : [];
  };
  return around;
}

/** The number of layers in each module, and its layers and modules in execution order; those of the model under null. */
function groups(
  layers: readonly LayerInfo[],
  around: Lineages,
): { counts: ReadonlyMap<string, number>; contents: ReadonlyMap<string | null, readonly Entry[]> } {
  const counts = new Map<string, number>();
  const contents = new Map<string | null, Entry[]>();
  for (const layer of layers) {
    let entry: Entry | undefined = layer;
    for (const module of [...around(layer.module), null]) {
      const key = module && module.name;
      if (entry) contents.set(key, [...(contents.get(key) ?? []), entry]);
      if (!module) break;
      const count = counts.get(module.name) ?? 0;
      counts.set(module.name, count + 1);
      entry = count === 0 ? module : undefined;
    }
  }
  return { counts, contents };
}

/** One row; the star is the default layer. */
const row = (
  name: string,
  layer: LayerInfo | undefined,
  depth: number,
  note = '',
  star = layer?.automatic ? '*' : ' ',
): string[] => [
  `${star} ${'  '.repeat(depth)}${name}`,
  layer?.op ?? '',
  layer ? dimsText(layer.dims) : '',
  layer ? layoutText(layer.layout) : '',
  [layer && !layer.gradient ? 'no gradient' : '', note].filter(Boolean).join(', '),
];

/** `nchw`, or the token grid in the format of --tokens. */
const layoutText = ({ kind, depth, height, width, prefix }: LayerInfo['layout']): string => {
  if (kind !== 'tokens') return kind;
  const grid = [depth, height, width].filter((size) => size !== undefined).join('x');
  return `tokens ${grid}${prefix > 0 ? `+${prefix}` : ''}`;
};

export const dimsText = (dims: Port['dims']): string =>
  dims === undefined ? 'unknown shape' : `[${dims.map((size) => (size === '' ? '?' : size)).join(', ')}]`;
