import { GROUPS, ZERO_GRADIENT } from '../../src/operators/index.ts';
import { BARRIERS } from '../../src/operators/no-gradient.ts';
import { CASES } from '../../test/operators/cases/index.ts';

export const OPERATORS_PAGE = 'docs/operators.md';

const code = (word: string): string => `\`${word}\``;
const list = (words: Iterable<string>): string => [...words].sort().map(code).join(', ');

/** docs/operators.md: what the table of rules differentiates, and what the tests show that it refuses. */
export function operatorsPage(): string {
  const groups = GROUPS.map(([title, rules]) => `## ${title}\n\n${list(Object.keys(rules))}`);
  const refusals = CASES.filter(({ refuses }) => refuses !== undefined).map(
    ({ op, refuses }) => `- ${code(op)}: ${refuses}`,
  );
  return `# Operators

camwasm differentiates these ONNX operators, at every opset from 7 on that onnxruntime-web runs. Names with a domain are
those of onnxruntime's own operators. Each row is checked against differences of the operator itself, in
test/autodiff. This page is generated: \`npm run docs\`.

${groups.join('\n\n')}

## No gradient, and none needed

What these make does not change, or changes in steps, as their inputs move: nothing flows back through them.

${list(ZERO_GRADIENT)}

## Barriers

Choose a target before these, or a layer after them, or a method that needs no gradient. So with functions that a model
defines itself, and with operators that are not on this page.

${Object.entries(BARRIERS)
  .map(([op, why]) => `- ${code(op)}: ${why}`)
  .join('\n')}

## Refused

These corners of the operators above stop with an error that names the node.

${[...new Set(refusals)].join('\n')}
`;
}
