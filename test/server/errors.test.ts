import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { Explainer } from '../../src/index.ts';
import { type OptionName, type OptionRow, OPTIONS } from '../../src/options/options.ts';
import { createHandler } from '../../src/server/index.ts';
import { type ProblemCode, STATUS } from '../../src/server/problem.ts';
import { QUERY } from '../../src/server/query.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('errors over HTTP');

const photo = readFileSync(new URL('../../examples/golf-ball.jpg', import.meta.url));
const builtin = Explainer.load();
const handler = createHandler({ models: { builtin: () => builtin } });

test.after(() => handler.close());

interface ProblemJson {
  readonly detail: string;
  readonly code: string;
  readonly option?: string;
}

async function problem(query: string): Promise<ProblemJson> {
  const request = new Request(`http://camwasm.test/explain?${query}`, { method: 'POST', body: photo });
  const response = await handler.fetch(request);
  assert.ok(response.status >= 400, `${query} is ${response.status}`);
  const found = (await response.json()) as ProblemJson;
  assert.not.match(found.detail, /(^|\s)--?[a-z]/, 'a flag');
  for (const name of Object.keys(OPTIONS)) {
    const { sets = {}, query } = OPTIONS[name as OptionName];
    for (const option of query ? Object.keys(sets) : [])
      assert.not.match(
        found.detail,
        new RegExp(`\`(${option}|${option.split('.')[1]})\``),
        "the library's name",
      );
  }
  return found;
}

/** Values that each parameter refuses: read as text, or found wrong by the library. */
const WRONG: Partial<Record<OptionName, readonly string[]>> = {
  method: ['', 'gradcam,', 'constructor'],
  model: ['', 'constructor'],
  class: ['', 'unicorn', '1000', '-1', ','],
  top: ['', '0', '-1', '1.5', 'x', '1e99', '1001', '1e6'],
  layer: ['', 'nowhere', ',', 'constructor'],
  score: ['', 'constructor'],
  compat: ['', '__proto__'],
  format: ['', '__proto__'],
  raw: ['constructor', '2'],
  colormap: ['', '__proto__', 'constructor'],
  alpha: ['', '-0.1', '1.1', 'x', 'Infinity'],
  bands: ['', '0', '1.5', 'x', '1,2', '99'],
  slice: ['', '0', 'x', '1', '99'],
  'batch-size': ['', '0', '1.5', '33', '1e99'],
};

for (const name of Object.keys(OPTIONS) as OptionName[]) {
  const { repeatable }: OptionRow<unknown> = OPTIONS[name];
  if (!QUERY.includes(name)) {
    test(`?${name} is no parameter`, async () => {
      const { code, option, detail } = await problem(`${name}=1`);
      assert.equal([code, option], ['BAD_OPTION', name]);
      assert.match(detail, `Unknown parameter "${name}"`);
    });
    continue;
  }
  test(`?${name} is blamed by its name`, async () => {
    assert.ok(WRONG[name], 'no example of a wrong value');
    for (const value of WRONG[name]) {
      const { code, option } = await problem(`${name}=${encodeURIComponent(value)}`);
      if (code !== 'TOO_LARGE' && code !== 'NOT_FOUND') assert.is(option, name, `${value}: ${code}`);
    }
    if (repeatable) return;
    const { option, detail } = await problem(`${name}=1&${name}=2`);
    assert.equal([option, detail], [name, `"${name}" appears 2 times. Pass it once.`]);
  });
}

test('together they are blamed too', async () => {
  for (const query of [
    'top=2&class=1&format=json',
    'method=gradcam,layercam',
    'method=all',
    'method=class-visualization',
    'method=smoothgrad&score=probability&compat=torch-cam&alpha=3',
    'layer=input&method=cam',
    'method=class-visualization&class=3&raw&top=2',
  ])
    await problem(query);
});

test('docs/server.md lists every code with its status', () => {
  const page = readFileSync(new URL('../../docs/server.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| (\d{3})\b[^|]*\| (.*) \|$/gm)];
  const listed = rows.flatMap(([, status, codes]) =>
    [...codes.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => [code, Number(status)] as const),
  );
  const known = [
    ...(Object.keys(STATUS) as ProblemCode[]).map((code) => [code, STATUS[code][0]] as const),
    ['BAD_REQUEST', 400] as const, // of the listener on Node
  ];
  const sorted = (pairs: readonly (readonly [string, number])[]) =>
    pairs.map(([code, status]) => `${status} ${code}`).sort();
  assert.equal(sorted(listed), sorted(known));
});

test.run();
