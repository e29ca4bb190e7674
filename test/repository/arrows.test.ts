import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { suite } from 'uvu';
// @ts-expect-error: a rule for ESLint, which reads JavaScript
import { camwasm, storeysOf } from '../../scripts/lint/arrows.js';
import * as assert from '../helpers/assert.ts';

const test = suite('arrows between folders');

const root = fileURLToPath(new URL('../../', import.meta.url));
const linter = new Linter({ cwd: root });

/** What the rules say of one import in a file. */
const found = (file: string, line: string): (string | null)[] =>
  linter
    .verify(
      `${line}\n`,
      [
        {
          files: ['**/*.ts'],
          languageOptions: { parser: tseslint.parser as Linter.Parser },
          plugins: { camwasm: camwasm as never },
          rules: { 'camwasm/arrows': 'error', 'camwasm/surface': 'error' },
        },
      ],
      { filename: join(root, file) },
    )
    .map(({ ruleId }) => ruleId);

for (const [file, line, rules] of [
  ['src/explain/plan.ts', "import type { Layer } from '../network/layers.ts';", []],
  ['src/network/layers.ts', "import type { Plan } from '../explain/plan.ts';", ['camwasm/arrows']],
  ['src/errors.ts', "import { METHODS } from './methods/index.ts';", ['camwasm/arrows']],
  ['src/image/npy.ts', "export { x } from '../server/index.ts';", ['camwasm/arrows']],
  ['src/kernels/index.ts', "import { bind } from './bind.ts';", []],
  ['src/elsewhere/a.ts', "import { CamError } from '../errors.ts';", ['camwasm/arrows']],
  ['src/cli/run.ts', "import { METHODS } from '../index.ts';", []],
  ['src/cli/run.ts', "import { METHODS } from '../methods/index.ts';", ['camwasm/surface']],
  ['src/cli/commands/x.ts', "const { x } = await import('../../image/npy.ts');", ['camwasm/surface']],
] as const) {
  test(`${file}: ${line}`, () => assert.equal(found(file, line), [...rules]));
}

test('every folder and file of src has its storey', () => {
  const storeys = (storeysOf(readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')) as string[][]).flat();
  assert.is(new Set(storeys).size, storeys.length);
  for (const room of ['explain', 'operators', 'errors']) assert.ok(storeys.includes(room));
});

test.run();
