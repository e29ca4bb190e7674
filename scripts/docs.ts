// Writes the generated pages of docs/, from tables and doc comments: npm run docs
import { readFileSync, writeFileSync } from 'node:fs';
import prettier from 'prettier';
import { api, API_PAGE, API_REPORT } from './docs/api.ts';
import { CLI_PAGE, cliPage } from './docs/cli.ts';
import { DEPENDENCIES_PAGE, dependenciesPage } from './docs/dependencies.ts';
import { METHODS_PAGE, methodsPage } from './docs/methods.ts';
import { MODELS_PAGE, modelsPage } from './docs/models.ts';
import { OPERATORS_PAGE, operatorsPage } from './docs/operators.ts';

const root = new URL('../', import.meta.url);
const style = JSON.parse(readFileSync(new URL('.prettierrc.json', root), 'utf8')) as prettier.Options;
const { page, report, problems } = api();

for (const [path, text] of [
  [OPERATORS_PAGE, operatorsPage()],
  [METHODS_PAGE, methodsPage()],
  [MODELS_PAGE, await prettier.format(modelsPage(), { ...style, parser: 'markdown' })],
  [CLI_PAGE, await prettier.format(cliPage(), { ...style, parser: 'markdown' })],
  [API_PAGE, await prettier.format(page, { ...style, parser: 'markdown' })],
  [DEPENDENCIES_PAGE, await prettier.format(dependenciesPage(), { ...style, parser: 'markdown' })],
  [API_REPORT, report],
] as const)
  writeFileSync(new URL(path, root), text);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
