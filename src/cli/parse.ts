import { CamError, didYouMean } from '../errors.ts';
import type { CommandName } from './commands/command.ts';
import { COMMANDS } from './commands/index.ts';
import { OPTIONS, type Option, type OptionName, type Settings } from '../options/options.ts';
import type { Reading } from '../options/reading.ts';

/** A command line, understood. */
export interface Arguments {
  readonly command: CommandName;
  /** What is no option: images, or a model. */
  readonly operands: readonly string[];
  readonly settings: Readonly<Partial<Settings>>;
}

const names = Object.keys(OPTIONS) as OptionName[];

/** @throws CamError BAD_OPTION for anything that is not in the tables. */
export async function parseArguments(argv: readonly string[]): Promise<Arguments> {
  const { _: words, ...given } = await tokens(argv);
  const [first, ...rest] = words;
  const named = first !== undefined && Object.hasOwn(COMMANDS, first);
  const command = named ? (first as CommandName) : 'explain';
  if (given.help === true || given.version === true) {
    return {
      command,
      operands: [],
      settings: { help: given.help === true, version: given.version === true },
    };
  }
  for (const name of Object.keys(given)) checkName(name, command);
  const settings = names.flatMap((name) =>
    given[name] === undefined ? [] : [[name, valueOf(name, [given[name]].flat())] as const],
  );
  return {
    command,
    operands: named ? rest : words,
    settings: Object.fromEntries(settings.filter(([, value]) => value !== false)) as Partial<Settings>,
  };
}

type Token = string | boolean;
type Tokens = { _: string[] } & Record<string, Token | Token[]>;

/** yargs's own parser: all of yargs, which the help is made with, takes 0.1 s to load. */
async function tokens(argv: readonly string[]): Promise<Tokens> {
  const { default: yargs } = await import('yargs-parser');
  const flags = names.filter((name) => OPTIONS[name].reading === undefined);
  const others = names.filter((name) => OPTIONS[name].reading !== undefined);
  const aliases = names.flatMap((name) => (OPTIONS[name].alias ? [[name, OPTIONS[name].alias]] : []));
  // "-.5" would be read as the flags "." and "5".
  const { argv: parsed, error } = yargs.detailed(
    argv.map((word) => word.replace(/^-\.(?=\d)/, '-0.')),
    {
      alias: Object.fromEntries(aliases) as Record<string, string>,
      boolean: flags,
      string: others,
      narg: Object.fromEntries(others.map((name) => [name, 1])),
      configuration: {
        'boolean-negation': false,
        'camel-case-expansion': false,
        'dot-notation': false,
        'parse-numbers': false,
        'parse-positional-numbers': false,
        'strip-aliased': true,
      },
    },
  );
  checkFlags(flags, argv);
  if (!error) return parsed as Tokens;
  const missing = /following: (\S+)/.exec(error.message)?.[1] ?? '';
  const name = names.find((name) => name === missing || OPTIONS[name].alias === missing);
  throw name ? wanted(name, 'but nothing follows it') : bad(error.message, error);
}

/** The parser takes any value of a flag for false. */
function checkFlags(flags: readonly OptionName[], argv: readonly string[]): void {
  const end = argv.indexOf('--');
  for (const word of end < 0 ? argv : argv.slice(0, end)) {
    const [, name, value] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
    if (flags.some((flag) => flag === name) && value !== 'true' && value !== 'false')
      throw bad(`--${name} takes no value, and "${value}" was given. Give it alone.`);
  }
}

function checkName(name: string, command: CommandName): void {
  const known = COMMANDS[command].options;
  if ((known as readonly string[]).includes(name)) return;
  const dashed = name.length === 1 ? `-${name}` : `--${name}`;
  const what = Object.hasOwn(OPTIONS, name)
    ? `camwasm ${command} takes no ${dashed}.`
    : `There is no option ${dashed}.${didYouMean(
        dashed,
        known.map((option) => `--${option}`),
      )}`;
  throw bad(`${what} \`camwasm ${command === 'explain' ? '' : `${command} `}--help\` lists the options.`);
}

function valueOf(name: OptionName, given: readonly Token[]): Settings[OptionName] {
  const { reading, repeatable } = OPTIONS[name] as Option<Settings[OptionName]>;
  if (reading === undefined) return given.some((token) => token === true);
  const values = given.map((token) => read(name, reading, String(token)));
  if (repeatable) return values.flat() as string[];
  if (values.length > 1) throw bad(`--${name} is given ${values.length} times. Give it once.`);
  return values[0];
}

function read<Value>(name: OptionName, reading: Reading<Value>, text: string): Value {
  const value = reading.read(text);
  if (value === undefined) throw wanted(name, `not "${text}"`, didYouMean(text, reading.choices ?? []));
  return value;
}

const wanted = (name: OptionName, instead: string, hint = ''): CamError =>
  bad(`--${name} takes ${OPTIONS[name].reading!.takes}, ${instead}.${hint}`);

const bad = (message: string, cause?: unknown): CamError => new CamError('BAD_OPTION', message, { cause });
