import { COMMANDS } from '../../src/cli/commands/index.ts';
import { COMMAND_NAMES, type CommandName, OPTIONS, optionsOf } from '../../src/options/options.ts';

export const CLI_PAGE = 'docs/cli.md';

/** docs/cli.md: every command with its examples and options. */
export const cliPage = (): string => `# The command line

Every option of every command, as in \`camwasm <command> --help\`. The \`--json\` output is described in
[cli-json.md](cli-json.md). This page is generated: \`npm run docs\`.

${COMMAND_NAMES.map(section).join('\n\n')}
`;

function section(name: CommandName): string {
  const { usage, about, examples } = COMMANDS[name];
  const lines = examples.map(([line, what]) => `${line} # ${what}`);
  const rows = optionsOf(name).map((option) => {
    const { alias, reading, describe, fallback, repeatable } = OPTIONS[option];
    const flag = [alias && `-${alias}`, `--${option}`].filter(Boolean).join(', ');
    const value = reading ? ` ${reading.sign}` : '';
    const about = [describe, repeatable && 'may be repeated', fallback && `default: ${fallback}`];
    return `| \`${cell(flag + value)}\` | ${cell(about.filter(Boolean).join('; '))} |`;
  });
  return [
    `## ${usage}\n\n${about}\n\n\`\`\`sh\n${lines.join('\n')}\n\`\`\``,
    `| option | |\n| --- | --- |\n${rows.join('\n')}`,
  ].join('\n\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<image>', '&lt;image&gt;');
