import { FAMILIES, METHOD_ROWS } from '../../src/methods/index.ts';
import { type Method, NEEDS } from '../../src/methods/method.ts';

export const METHODS_PAGE = 'docs/methods.md';

const code = (word: string): string => `\`${word}\``;

/** docs/methods.md: what each method shows, needs and costs, and when to use it. */
export function methodsPage(): string {
  const families = FAMILIES.map(
    ([title, ids]) => `## ${title}\n\n${ids.map((id) => section(id, METHOD_ROWS[id])).join('\n\n')}`,
  );
  return `# Methods

Costs are in addition to the one forward pass that all methods of a call share. A "shared" backward pass serves all methods
of the call as well, and \`--method all\` selects every method without other costs. C is the number of channels of the layer,
L the number of attention layers, and N the number of samples (\`--samples\`), with its default. This page is generated:
\`npm run docs\`.

\`--compat\` reproduces the formulas of a library, not its pictures: they are resized as in Pillow, with antialias. Scripts that
use OpenCV's \`cv2.resize\`, as those of pytorch-grad-cam do, need \`--resample bilinear\` as well.

${families.join('\n\n')}
`;
}

function section(id: string, method: Method): string {
  const needs = method.needs.map((need) => NEEDS[need]);
  const lines: [label: string, text: string | undefined][] = [
    ['When', method.when],
    ['Costs', costOf(method)],
    ['Needs', needs.length > 0 ? needs.join('; ') : 'only runs of the model'],
    ['Builds on', method.base && `${code(method.base)}, or another CAM (\`--base\`)`],
    ['Presets', presetsOf(method)],
    ['Paper', method.paper],
  ];
  const listed = lines.flatMap(([label, text]) => (text ? [`- ${label}: ${text}`] : []));
  return `### ${method.title}: ${code(id)}\n\n${method.about}\n\n${listed.join('\n')}`;
}

function costOf({ cost, shared: isShared, samples }: Method): string {
  const shared = isShared && cost !== 'none' ? ' (shared)' : '';
  return `${cost}${shared}${samples === undefined ? '' : `; N = ${samples}`}`;
}

function presetsOf({ compat = {} }: Method): string | undefined {
  const known = Object.keys(compat);
  return known.length > 0
    ? `${known.join(' and ')} use${known.length > 1 ? '' : 's'} another formula (\`--compat\`)`
    : undefined;
}
