import {
  badOption,
  type CamError,
  COMMAND_NAMES,
  type CommandName,
  didYouMean,
  type Given,
  type OptionName,
  type OptionRow,
  OPTIONS,
  optionsOf,
  type Reading,
} from '../options/index.ts';

/** A parsed command line. */
export interface Arguments {
  readonly command: CommandName;
  /** Images, or a model. */
  readonly operands: readonly string[];
  readonly settings: Given;
  /** The texts of its options, as written. */
  readonly written: WrittenOptions;
}

/** Texts of options, each as often as it appears. */
export type WrittenOptions = ReadonlyMap<OptionName, readonly string[]>;

const names = Object.keys(OPTIONS) as OptionName[];

/**
 * Parses a command line.
 * @throws {CamError} BAD_OPTION for anything that is not in the table.
 */
export async function parseArguments(argv: readonly string[]): Promise<Arguments> {
  const { _: words, ...given } = await tokens(argv);
  const [first, ...rest] = words;
  const named = COMMAND_NAMES.find((name) => name === first);
  const command = named ?? 'explain';
  if (given.help === true || given.version === true) {
    return {
      command,
      operands: [],
      settings: { help: given.help === true, version: given.version === true },
      written: new Map(),
    };
  }
  for (const name of Object.keys(given)) checkName(name, command);
  const written = names.flatMap((name) =>
    given[name] === undefined ? [] : [[name, [given[name]].flat()] as const],
  );
  const settings = written.map(([name, tokens]) => [name, settingOf(name, tokens)] as const);
  return {
    command,
    operands: named ? rest : words,
    settings: Object.fromEntries(settings.filter(([, value]) => value !== false)) as Given,
    written: new Map(written.map(([name, tokens]) => [name, tokens.map(String)])),
  };
}

type Token = string | boolean;
type Tokens = { _: string[] } & Record<string, Token | Token[]>;

/** Uses only yargs's parser: all of yargs, which creates the help, takes 0.1 s to load. */
async function tokens(argv: readonly string[]): Promise<Tokens> {
  const { default: yargs } = await import('yargs-parser');
  const flags = names.filter((name) => OPTIONS[name].reading === undefined);
  const others = names.filter((name) => OPTIONS[name].reading !== undefined);
  const aliases = names.flatMap((name) => (OPTIONS[name].alias ? [[name, OPTIONS[name].alias]] : []));
  // "-.5" would parse as the flags "." and "5".
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
        'parse-positional-numbers': false,
        'strip-aliased': true,
      },
    },
  );
  checkFlags(flags, argv);
  if (!error) return parsed as Tokens;
  const missing = /following: (\S+)/.exec(error.message)?.[1] ?? '';
  const name = names.find((name) => name === missing || OPTIONS[name].alias === missing);
  throw name ? wanted(name, 'but no value follows') : badOption(undefined, error.message, error);
}

/** Rejects values of flags, which the parser would read as false. */
function checkFlags(flags: readonly OptionName[], argv: readonly string[]): void {
  const end = argv.indexOf('--');
  for (const word of end < 0 ? argv : argv.slice(0, end)) {
    const [, name, value] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
    if (flags.some((flag) => flag === name) && value !== 'true' && value !== 'false')
      throw badOption(undefined, `--${name} takes no value. Remove "=${value}".`);
  }
}

function checkName(name: string, command: CommandName): void {
  const known = optionsOf(command);
  if (known.some((option) => option === name)) return;
  const dashed = name.length === 1 ? `-${name}` : `--${name}`;
  const what = Object.hasOwn(OPTIONS, name)
    ? `camwasm ${command} does not take ${dashed}.`
    : `Unknown option ${dashed}.${didYouMean(
        dashed,
        known.map((option) => `--${option}`),
      )}`;
  throw badOption(
    undefined,
    `${what} \`camwasm ${command === 'explain' ? '' : `${command} `}--help\` lists the options.`,
  );
}

function settingOf(name: OptionName, given: readonly Token[]): unknown {
  const { reading, repeatable }: OptionRow<unknown> = OPTIONS[name];
  if (reading === undefined) return given.some((token) => token === true);
  const values = given.map((token) => readText(name, reading, String(token)));
  if (repeatable) return values.flat();
  if (values.length > 1)
    throw badOption(undefined, `--${name} appears ${values.length} times. Pass it once.`);
  return values[0];
}

function readText(name: OptionName, reading: Reading<unknown>, text: string): unknown {
  const value = reading.read(text);
  if (value === undefined) throw wanted(name, `not "${text}"`, didYouMean(text, reading.choices ?? []));
  return value;
}

const wanted = (name: OptionName, instead: string, hint = ''): CamError =>
  badOption(undefined, `--${name} takes ${OPTIONS[name].reading!.takes}, ${instead}.${hint}`);
