import { badOption, didYouMean } from '../errors.ts';
import { type Given, type OptionName, type OptionRow, OPTIONS } from '../options/options.ts';

/** The command-line options that a request may set, under the same names. */
export const QUERY: readonly OptionName[] = (Object.keys(OPTIONS) as OptionName[]).filter(
  (name) => OPTIONS[name].query,
);

/**
 * Parses a query string like command-line options.
 * @throws {CamError} BAD_OPTION for an unknown or invalid parameter.
 */
export function readQuery(parameters: URLSearchParams): Given {
  for (const name of new Set(parameters.keys())) {
    if (QUERY.some((known) => known === name)) continue;
    const hint = didYouMean(name, QUERY);
    throw badOption(name, `Unknown parameter "${name}".${hint} Known: ${QUERY.join(', ')}.`);
  }
  const given = QUERY.filter((name) => parameters.has(name));
  return Object.fromEntries(given.map((name) => [name, queryValue(name, parameters.getAll(name))]));
}

function queryValue(name: OptionName, texts: readonly string[]): unknown {
  const { reading, repeatable }: OptionRow<unknown> = OPTIONS[name];
  if (!repeatable && texts.length > 1)
    throw badOption(name, `"${name}" appears ${texts.length} times. Pass it once.`);
  const values = texts.map((text) => {
    const value = reading ? reading.read(text) : SWITCHES.get(text.toLowerCase());
    if (value !== undefined) return value;
    throw badOption(name, `"${name}" takes ${reading?.takes ?? 'true or false'}, not "${text}".`);
  });
  return repeatable ? values.flat() : values[0];
}

const SWITCHES: ReadonlyMap<string, boolean> = new Map([
  ['', true],
  ['1', true],
  ['true', true],
  ['0', false],
  ['false', false],
]);
