// Writes the pages of docs/ that are made from tables: npm run docs
import { writeFileSync } from 'node:fs';
import { METHODS_PAGE, methodsPage } from './docs/methods.ts';
import { OPERATORS_PAGE, operatorsPage } from './docs/operators.ts';

const root = new URL('../', import.meta.url);

writeFileSync(new URL(OPERATORS_PAGE, root), operatorsPage());
writeFileSync(new URL(METHODS_PAGE, root), methodsPage());
