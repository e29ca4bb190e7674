import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OPERATORS_PAGE, operatorsPage } from '../../scripts/docs/operators.ts';

test('docs/operators.md is what the table says: npm run docs', () => {
  assert.fixture(readFileSync(new URL(`../../${OPERATORS_PAGE}`, import.meta.url), 'utf8'), operatorsPage());
});

test.run();
