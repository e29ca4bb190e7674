import { type OptionName, OPTIONS } from './options.ts';

/** Flags by the library's name of the option: `batchSize`, `preprocessing.width`. */
const FLAGS: ReadonlyMap<string, OptionName> = new Map(
  (Object.keys(OPTIONS) as OptionName[]).flatMap((name) =>
    Object.keys(OPTIONS[name].sets ?? {}).map(
      (option) => [option.replace(/^(explain|load|overlay|handler)\./, ''), name] as const,
    ),
  ),
);

/** Rewords a message of the library: replaces options in backticks with the reader's names for them. */
function reworded(message: string, nameOf: (flag: OptionName) => string | undefined): string {
  const words = message.replace(/`([\w.]+)`/g, (whole, option: string) => {
    const flag = FLAGS.get(option);
    return (flag && nameOf(flag)) ?? whole;
  });
  // Width and height are one flag.
  return words.replace(/(--[\w-]+|"[\w-]+")(?:(?:, | and | × | \/ )\1)+/g, '$1');
}

/**
 * Rewords a message for the command line.
 *
 * @example
 * inFlags('Lower `batchSize`.'); // 'Lower --batch-size.'
 */
export const inFlags = (message: string): string => reworded(message, (flag) => `--${flag}`);

/** Rewords a message for a request: `` `batchSize` `` becomes "batch-size" if the query takes it. */
export const inParameters = (message: string): string =>
  reworded(message, (flag) => (OPTIONS[flag].query ? `"${flag}"` : undefined));

/** An option's name for the reader of reworded messages: "batch-size". */
export const optionName = (option: string, reworder: (message: string) => string): string =>
  reworder(`\`${option}\``).replace(/[`"]/g, '');
