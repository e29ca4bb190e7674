import { type Explained, type Inspection, type LayerInfo, shortLabels, targetText } from '../index.ts';
import { type OptionName, OPTIONS } from '../options/index.ts';
import type { WrittenOptions } from './parse.ts';

type Words = readonly string[];
type Suggestion = readonly [words: Words, about: string];

/**
 * Command lines that explain this model, with what each is for: a class, a layer by its module, and a target. Options
 * of the inspection that matter are repeated.
 */
export function nextCommands(
  inspection: Inspection,
  model: string | undefined,
  written: WrittenOptions,
): (readonly [line: string, about: string])[] {
  const { explained, inputs, imageInput, preprocessing } = inspection;
  if (!explained) return [];
  const start = [
    'camwasm',
    preprocessing ? 'photo.jpg' : 'input.npy',
    ...(model === undefined ? [] : ['--model', model]),
    ...repeatedOptions(written),
    ...inputs.flatMap(({ name }) => (name === imageInput ? [] : ['--input', `${name}=${name}.npy`])),
  ];
  const [first, ...more] =
    explained.problem === null ? TARGETS_BY_KIND[explained.kind](explained, inspection) : [];
  const method = methodWords(inspection);
  const lines: Suggestion[] = [
    first ?? [[], 'what the layer responds to'],
    ...layerSuggestion(inspection),
    ...more,
  ];
  return lines.map(([words, about]) => [[...start, ...method, ...words].map(quoted).join(' '), about]);
}

/** The options of an inspection that an explanation takes, too; the model comes first anyway. */
const repeatedOptions = (written: WrittenOptions): string[] =>
  [...written].flatMap(([name, texts]) =>
    name !== 'model' && matters(name) ? texts.flatMap((text) => wordsOf(name, text)) : [],
  );

const matters = (name: OptionName): boolean =>
  OPTIONS[name].group !== 'Terminal' && OPTIONS[name].commands.includes('explain');

const wordsOf = (name: OptionName, text: string): string[] =>
  OPTIONS[name].reading ? [`--${name}`, text] : text === 'true' ? [`--${name}`] : [];

/** A method for what the model lacks: scores, layers, or gradients at the default layer. */
function methodWords({ explained, layers, inputGradient }: Inspection): Words {
  if (explained?.problem !== null) return ['-m', 'eigencam'];
  const chosen = layers.find(({ automatic }) => automatic);
  if (!chosen) return ['-m', inputGradient ? 'saliency' : 'occlusion'];
  return chosen.gradient ? [] : ['-m', 'scorecam'];
}

/** What to explain, by the kind of output: the usual number, and a more specific one. */
const TARGETS_BY_KIND: Readonly<
  Record<Explained['kind'], (explained: Explained, inspection: Inspection) => readonly Suggestion[]>
> = {
  classes({ classes, positions }, { labels }) {
    const [one, other] = namedClasses(labels, classes);
    const first: Suggestion = [['-c', one], 'a class, by name or index'];
    if (positions > 1) return [first, [['--target', `${classText(one)}@predicted`], 'where that class wins']];
    if (other === undefined) return [first];
    const difference = `${classText(one)} - ${classText(other)}`;
    return [first, [['--target', difference], 'why one class rather than another']];
  },
  detections: ({ classes }, { labels }) => [
    [['-c', namedClasses(labels, classes)[0]], 'the strongest candidate of a class'],
    [['--target', 'detection:0', '--detections'], 'one detection by its number, and a list of all'],
  ],
  mask: () => [
    [[], 'the sum over the mask'],
    [['--target', 'class:0@predicted'], 'where the mask is over a half'],
  ],
  values: ({ output, dims }, { outputs }) => {
    const declared = outputs.find(({ name }) => name === output)?.dims ?? dims;
    return [
      [[], 'the largest value'],
      [['--target', `output[${declared.map(() => 0).join()}]`], 'one value, by its position'],
    ];
  },
};

const classText = (name: string): string => targetText({ class: /^\d+$/.test(name) ? Number(name) : name });

/** Two classes, as -c takes them: by name if it is plain. */
function namedClasses(labels: readonly string[], count: number): [one: string, other: string | undefined] {
  const names = shortLabels(labels)
    .slice(0, count)
    .map((name, i) => (/^[\p{L}\p{N} _-]+$/u.test(name) && !isIndex(name) ? name : String(i)));
  const [one = '0', other = '1'] = names.filter((name) => !/^_*background_*$/i.test(name));
  return [one, count > 1 && other !== one ? other : undefined];
}

const isIndex = (name: string): boolean => /^\s*\d+\s*$/.test(name);

/** A module before the default layer, or else a layer. */
function layerSuggestion({ layers, modules }: Inspection): Suggestion[] {
  const chosen = layers.findIndex(({ automatic }) => automatic);
  if (chosen < 0) return [];
  const position = new Map(layers.map(({ name }, i) => [name, i]));
  const parents = new Map(modules.map(({ name, parent }) => [name, parent]));
  const inside = (layer: LayerInfo): string[] => {
    const names: string[] = [];
    for (let name = layer.module; name !== null; name = parents.get(name) ?? null) names.push(name);
    return names;
  };
  const counts = new Map<string, number>();
  for (const name of layers.flatMap(inside)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const around = inside(layers[chosen]);
  const named = modules.flatMap(({ name, layer }) => {
    const at = layer === null ? undefined : position.get(layer);
    return at === undefined || around.includes(name) ? [] : [{ name, at, count: counts.get(name) ?? 0 }];
  });
  const plain = layers.map(({ name }, at) => ({ name, at, count: 0 }));
  const earlier = (named.length > 0 ? named : plain).filter(
    ({ at }) => at < chosen && layers[at].gradient === layers[chosen].gradient,
  );
  if (earlier.length === 0) return [[['-l', layers[chosen].name], 'a layer by name, here the default']];
  const finer = (at: number) => cellsOf(layers[at]) > cellsOf(layers[chosen]);
  // Whole stages before single operations.
  const [best] = earlier.sort(
    (a, b) => Number(finer(b.at)) - Number(finer(a.at)) || b.count - a.count || b.at - a.at,
  );
  const about = finer(best.at) ? 'a finer map, from an earlier layer' : 'an earlier layer, by its name';
  return [[['-l', best.name], about]];
}

const cellsOf = ({ layout: { depth = 1, height, width } }: LayerInfo): number => depth * height * width;

/** A word for a shell. */
const quoted = (word: string): string =>
  /^[\p{L}\p{N}@%+=:,./_-]+$/u.test(word)
    ? word
    : /["$`!\\]/.test(word)
      ? `'${word.replaceAll("'", `'\\''`)}'`
      : `"${word}"`;
