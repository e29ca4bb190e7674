import { elementwise, lost } from '../../src/operators/axis-rules.ts';
import { OPERATOR_GROUPS } from '../../src/operators/index.ts';
import type { Operator } from '../../src/operators/operator.ts';
import { CASES } from '../../test/operators/cases/index.ts';

export const OPERATORS_PAGE = 'docs/operators.md';

const code = (word: string): string => `\`${word}\``;

/** docs/operators.md: the table of operators, with the variants that the tests show to be unsupported. */
export function operatorsPage(): string {
  const groups = OPERATOR_GROUPS.map(([title, rows]) => {
    const lines = Object.entries(rows)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([op, row]) => [code(op), gradientOf(op, row), axesOf(row), rolesOf(row).join(', ')]);
    return `## ${title}\n\n${tableOf([['Operator', 'Gradient', 'Axes', 'Roles'], ...lines])}`;
  });
  return `# Operators

The operators that camwasm supports, in every opset from 7 on that onnxruntime-web runs. Names with a domain are
onnxruntime's operators.

- **Gradient.** \`yes\`: checked against finite differences, in test/operators; variants after "except" stop with an error
  that names the node. \`zero\`: the output is constant or piecewise constant in the inputs. \`barrier\`: no gradient exists.
  Choose a target before it, a layer after it, or a method without gradients. Model-local functions and operators missing
  from this page are barriers, too.
- **Axes.** How rows, columns, tokens and channels of the image move through the operator: \`elementwise\` one to one,
  \`own rule\` by a separate rule, \`lost\` not at all.
- **Roles.** Other properties that camwasm uses to find layers, classes, attention, weights and biases.

This page is generated from the table in src/operators: \`npm run docs\`.

${groups.join('\n\n')}
`;
}

/** A Markdown table with aligned columns; the first line is the header. */
function tableOf(lines: readonly (readonly string[])[]): string {
  const widths = lines[0].map((_, column) => Math.max(3, ...lines.map((line) => line[column].length)));
  const rows = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column])));
  const rule = widths.map((width) => '-'.repeat(width));
  return [rows[0], rule, ...rows.slice(1)].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function gradientOf(op: string, { barrier, zeroGradient }: Operator): string {
  if (barrier !== undefined) return `barrier: ${barrier}`;
  if (zeroGradient) return 'zero';
  const refused = new Set(CASES.flatMap((one) => (one.op === op ? (one.refuses ?? []) : [])));
  return refused.size > 0 ? `yes, except ${[...refused].join(', ')}` : 'yes';
}

const axesOf = ({ axes }: Operator): string =>
  axes === elementwise ? 'elementwise' : axes === lost ? 'lost' : 'own rule';

const PASSES = {
  value: 'same values',
  shape: 'new shape',
  order: 'new order',
  extent: 'new extent',
} as const;

const rolesOf = (row: Operator): string[] =>
  [
    row.plain && `read as ${row.plain.op}`,
    row.parts && 'read as its parts',
    row.passes && PASSES[row.passes],
    row.rounds && 'rounds',
    row.random && 'random',
    row.resamples && 'interpolates',
    row.bounds && 'bounds',
    row.casts && 'changes the type',
    row.kinked && 'kinked',
    row.link && `${row.logarithm ? 'log ' : ''}probabilities (${row.link})`,
    row.picks && 'picks classes',
    row.sizedByContents && 'sized by contents',
    row.weighs && 'computes features',
    row.linear && 'linear layer',
    row.bias && 'adds a bias',
    row.averages && 'averages',
    row.normalizes && 'normalizes',
    row.channelsLast && 'channels last',
    row.fusedAttention && 'fused attention',
    row.product && 'matrix product',
    row.carriesAttention && 'carries attention',
    row.activation && 'fused activation',
    row.foldable && 'folds constants',
    row.lists && 'lists of tensors',
  ].filter((role) => typeof role === 'string');
