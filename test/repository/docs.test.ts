import { readFileSync } from 'node:fs';
import prettier from 'prettier';
import { suite } from 'uvu';
import { api, API_PAGE, API_REPORT, written } from '../../scripts/docs/api.ts';
import { CLI_PAGE, cliPage } from '../../scripts/docs/cli.ts';
import { DEPENDENCIES_PAGE, dependenciesPage } from '../../scripts/docs/dependencies.ts';
import { MODELS_PAGE, modelsPage } from '../../scripts/docs/models.ts';
import { parseArguments } from '../../src/cli/parse.ts';
import { METHODS } from '../../src/index.ts';
import * as assert from '../helpers/assert.ts';

const style = JSON.parse(
  readFileSync(new URL('../../.prettierrc.json', import.meta.url), 'utf8'),
) as prettier.Options;
const markdown = (text: string) => prettier.format(text, { ...style, parser: 'markdown' });

const surface = suite('the public surface');
const { page, report, problems } = api();

surface('has a comment on everything, an example on every function, and no type without a name', () =>
  assert.equal(problems, []),
);
surface('is the one on record: look at the change, and run npm run docs if it is meant', () =>
  assert.fixture(report, written(API_REPORT)),
);
surface('is described in docs/api.md: npm run docs', async () =>
  assert.ok((await markdown(page)) === written(API_PAGE)),
);
surface.run();

const pages = suite('the documents');
const readme = written('README.md');

pages('docs/cli.md is what the table says: npm run docs', async () =>
  assert.ok((await markdown(cliPage())) === written(CLI_PAGE)),
);
pages('docs/dependencies.md is what is installed: npm run docs', async () =>
  assert.ok((await markdown(dependenciesPage())) === written(DEPENDENCIES_PAGE)),
);
pages('docs/models.md is what the tables say: npm run docs', async () =>
  assert.ok((await markdown(modelsPage())) === written(MODELS_PAGE)),
);
pages('the README counts the methods and the classes of the built-in model', () => {
  const labels = JSON.parse(written('models/labels.json')) as unknown[];
  assert.match(readme, new RegExp(`\\*\\*Methods\\*\\*: ${Object.keys(METHODS).length} of them`));
  assert.match(readme, new RegExp(`the ${labels.length.toLocaleString('en')} classes of ImageNet`));
});
pages('the README states the versions that package.json asks for', () => {
  const { engines } = JSON.parse(written('package.json')) as { engines: { node: string } };
  assert.ok(readme.includes(`Node ${engines.node.replace('>=', '')} or later`));
});
pages("the README's commands are understood", async () => {
  const commands = [...readme.matchAll(/^npx camwasm (.*?)(?: {2,}#.*)?$/gm)].map(([, line]) => line);
  assert.ok(commands.length >= 9);
  for (const line of commands) {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
    await parseArguments(words);
  }
});
pages('package.json names one repository everywhere', () => {
  const { repository, homepage, bugs } = JSON.parse(written('package.json')) as {
    repository: { url: string };
    homepage: string;
    bugs: string;
  };
  const [, address] = /^git\+(https:\/\/github\.com\/[\w-]+\/camwasm)\.git$/.exec(repository.url) ?? [];
  assert.equal([homepage, bugs], [`${address}#readme`, `${address}/issues`]);
});
pages.run();
