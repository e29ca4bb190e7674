import { badOption, didYouMean } from '../errors.ts';
import { LIBRARY_OPTIONS } from './options.ts';

/** The options that each function of the library takes, as keys of the table. */
const TAKEN: Readonly<Record<'load' | 'explain' | 'predict' | 'inspect', (option: string) => boolean>> = {
  load: (option) => option.startsWith('load.'),
  explain: (option) => option.startsWith('explain.'),
  predict: (option) => /^explain\.(top|output|inputs|maxPixels|signal)$/.test(option),
  inspect: (option) => option.startsWith('load.') || /^explain\.(output|tokens)$/.test(option),
};

/** Options that name what is explained: one call gives one of them. */
const EXCLUSIVE = ['class', 'target', 'top'] as const;

/**
 * Validates the options of a call, for callers without types too.
 * @throws {CamError} BAD_OPTION for an unknown option, a value that it does not take, or options that exclude each other.
 */
export function checkOptions(given: object, place: keyof typeof TAKEN): void {
  checkAll(given, (option) => TAKEN[place](option));
  const { preprocessing } = given as { preprocessing?: unknown };
  if (typeof preprocessing === 'object' && preprocessing !== null)
    checkAll(preprocessing, (option) => option.startsWith('preprocessing.'), 'preprocessing.');
  if (place !== 'explain') return;
  const [one, other] = EXCLUSIVE.filter((name) => (given as Record<string, unknown>)[name] !== undefined);
  if (other === undefined) return;
  throw badOption(other, `\`${one}\` and \`${other}\` exclude each other. Set one of them.`);
}

function checkAll(given: object, taken: (option: string) => boolean, prefix = ''): void {
  const checks = new Map(
    [...LIBRARY_OPTIONS]
      .filter(([option]) => taken(option))
      .map(([option, check]) => [option.replace(/^\w+\./, ''), check]),
  );
  for (const [key, value] of Object.entries(given)) {
    const name = `${prefix}${key}`;
    const check = checks.get(key);
    if (check === undefined) {
      const hint = didYouMean(key, [...checks.keys()]) || ` Known: ${[...checks.keys()].join(', ')}.`;
      throw badOption(name, `There is no option \`${name}\`.${hint}`);
    }
    if (value === undefined || check.accepts(value)) continue;
    const hint = typeof value === 'string' ? didYouMean(value, check.choices ?? []) : '';
    throw badOption(name, `\`${name}\` is ${shown(value)}: it takes ${check.takes}.${hint}`);
  }
}

/** A value as an error shows it. */
function shown(value: unknown): string {
  if (Array.isArray(value) && value.length === 0) return 'an empty list';
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  const json = JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
  return json.length <= 60 ? json : Array.isArray(value) ? 'a list' : 'an object';
}
