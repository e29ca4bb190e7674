import { type OptionName, OPTIONS } from './options.ts';

/** Flags by the library's name of the option: `batchSize`, `preprocessing.width`. */
const FLAGS: ReadonlyMap<string, OptionName> = new Map(
  (Object.keys(OPTIONS) as OptionName[]).flatMap((name) =>
    Object.keys(OPTIONS[name].sets ?? {}).map(
      (option) => [option.replace(/^(explain|load|overlay)\./, ''), name] as const,
    ),
  ),
);

/** A message of the library in other words: options in backticks under the names that its reader knows them by. */
function reworded(message: string, nameOf: (flag: OptionName) => string | undefined): string {
  const words = message.replace(/`([\w.]+)`/g, (whole, option: string) => {
    const flag = FLAGS.get(option);
    return (flag && nameOf(flag)) ?? whole;
  });
  // Width and height are one flag.
  return words.replace(/(--[\w-]+|"[\w-]+")(?:(?:, | and | × | \/ )\1)+/g, '$1');
}

/** The message for the command line: `` `batchSize` `` becomes --batch-size. */
export const inFlags = (message: string): string => reworded(message, (flag) => `--${flag}`);

/** The message for a request: `` `batchSize` `` becomes "batch-size" where the query takes it. */
export const inParameters = (message: string): string =>
  reworded(message, (flag) => (OPTIONS[flag].query ? `"${flag}"` : undefined));
