import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import { OPERATORS_PAGE, operatorsPage } from '../../scripts/docs/operators.ts';
import * as assert from '../helpers/assert.ts';

test('docs/operators.md is what the table says: npm run docs', () => {
  assert.fixture(readFileSync(new URL(`../../${OPERATORS_PAGE}`, import.meta.url), 'utf8'), operatorsPage());
});

test.run();
