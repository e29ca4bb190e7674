import {
  badOption,
  COMMAND_NAMES,
  type CommandName,
  didYouMean,
  type OptionName,
  OPTIONS,
  optionsOf,
} from '../../options/index.ts';
import { DONE } from '../exit.ts';
import { terminal } from '../terminal.ts';
import type { CommandContext } from './command.ts';

/** `camwasm completion <shell>`: a completion script, generated from the tables. */
export async function runCompletion({ operands, settings, io }: CommandContext): Promise<number> {
  const [shell, ...more] = operands;
  const shells = Object.keys(SCRIPTS);
  const script = Object.entries(SCRIPTS).find(([name]) => name === shell)?.[1];
  if (!script || more.length > 0) {
    throw badOption(
      undefined,
      `camwasm completion takes one of ${shells.join(', ')}, not "${operands.join(' ')}".${didYouMean(shell ?? '', shells)}`,
    );
  }
  await terminal(io, settings).result(script());
  return DONE;
}

const flagsOf = (command: CommandName): string =>
  optionsOf(command)
    .map((name) => `--${name}`)
    .join(' ');

/** Options with a fixed list of values. */
const CHOICES: readonly (readonly [name: OptionName, choices: readonly string[]])[] = (
  Object.keys(OPTIONS) as OptionName[]
).flatMap((name) => {
  const { choices } = OPTIONS[name].reading ?? {};
  return choices ? [[name, choices] as const] : [];
});

const SCRIPTS: Readonly<Record<string, () => string>> = {
  bash: () => `_camwasm() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  case $previous in
${CHOICES.map(([name, choices]) => `    --${name}) COMPREPLY=($(compgen -W "${choices.join(' ')}" -- "$current")); return ;;`).join('\n')}
  esac
  if [[ $current != -* ]]; then
    [[ $COMP_CWORD == 1 ]] && COMPREPLY=($(compgen -W "${COMMAND_NAMES.join(' ')}" -- "$current"))
    COMPREPLY+=($(compgen -f -- "$current"))
    return
  fi
  case \${COMP_WORDS[1]} in
${COMMAND_NAMES.filter((command) => command !== 'explain')
  .map((command) => `    ${command}) COMPREPLY=($(compgen -W "${flagsOf(command)}" -- "$current")) ;;`)
  .join('\n')}
    *) COMPREPLY=($(compgen -W "${flagsOf('explain')}" -- "$current")) ;;
  esac
}
complete -o filenames -F _camwasm camwasm
`,
  zsh: () => `autoload -U +X bashcompinit && bashcompinit
${SCRIPTS.bash()}`,
  fish: () =>
    COMMAND_NAMES.flatMap((command) => [
      `complete -c camwasm -n __fish_use_subcommand -a ${command}`,
      ...optionsOf(command).map((name) => {
        const { alias, reading, describe } = OPTIONS[name];
        const seen =
          command === 'explain' ? '__fish_use_subcommand' : `"__fish_seen_subcommand_from ${command}"`;
        const values = reading?.choices ? ` -x -a "${reading.choices.join(' ')}"` : reading ? ' -r' : '';
        const about = describe.replace(/['\\]/g, '');
        return `complete -c camwasm -n ${seen} -l ${name}${alias ? ` -s ${alias}` : ''}${values} -d '${about}'`;
      }),
    ])
      .map((line) => `${line}\n`)
      .join(''),
};
