import { CamError, didYouMean } from '../errors.ts';
import { OPTIONS, type OptionName, type Option, type Settings } from '../options/options.ts';

/** The options of the command line that a request may set, under the same names. */
export const QUERY = [
  'method',
  'model',
  'class',
  'top',
  'layer',
  'score',
  'compat',
  'format',
  'raw',
  'colormap',
  'alpha',
  'batch-size',
] as const;

export type Query = Readonly<Partial<Pick<Settings, (typeof QUERY)[number]>>>;

/** Reads a query string with the readings of the command line. @throws CamError BAD_OPTION. */
export function readQuery(parameters: URLSearchParams): Query {
  for (const name of new Set(parameters.keys())) {
    if ((QUERY as readonly OptionName[] as readonly string[]).includes(name)) continue;
    const hint = didYouMean(name, [...QUERY]);
    throw bad(`There is no parameter "${name}".${hint} Known: ${QUERY.join(', ')}.`);
  }
  const given = QUERY.filter((name) => parameters.has(name));
  return Object.fromEntries(given.map((name) => [name, valueOf(name, parameters.getAll(name))])) as Query;
}

function valueOf(name: OptionName, texts: readonly string[]): unknown {
  const { reading, repeatable } = OPTIONS[name] as Option<unknown>;
  if (!repeatable && texts.length > 1) throw bad(`"${name}" is given ${texts.length} times. Give it once.`);
  const values = texts.map((text) => {
    const value = reading ? reading.read(text) : FLAGS[text.toLowerCase()];
    if (value !== undefined) return value;
    throw bad(`"${name}" takes ${reading?.takes ?? 'true or false'}, not "${text}".`);
  });
  return repeatable ? values.flat() : values[0];
}

const FLAGS: Readonly<Record<string, boolean>> = {
  '': true,
  '1': true,
  true: true,
  '0': false,
  false: false,
};

const bad = (message: string): CamError => new CamError('BAD_OPTION', message);
