import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import { METHODS_PAGE, methodsPage } from '../../scripts/docs/methods.ts';
import * as assert from '../helpers/assert.ts';

test('docs/methods.md is what the table says: npm run docs', () => {
  assert.fixture(readFileSync(new URL(`../../${METHODS_PAGE}`, import.meta.url), 'utf8'), methodsPage());
});

test.run();
