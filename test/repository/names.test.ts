import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { suite } from 'uvu';
import * as assert from '../helpers/assert.ts';

const test = suite('names');

const source = fileURLToPath(new URL('../../src/', import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.ts$/.test(name) && !/(\.d|wasm)\.ts$/.test(name),
);

/** Functions, constants, types and classes at the top level of a file. */
function namesIn(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8');
  const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  return statements.flatMap((statement) => {
    if (!ts.isVariableStatement(statement)) {
      const { name } = statement as { name?: ts.Identifier };
      return name ? [name.text] : [];
    }
    return statement.declarationList.declarations.flatMap(({ name }) =>
      ts.isIdentifier(name)
        ? [name.text]
        : name.elements.flatMap((element) => ('name' in element ? [element.name.getText()] : [])),
    );
  });
}

const homes = new Map<string, Set<string>>();
for (const file of files)
  for (const name of namesIn(file)) homes.set(name, (homes.get(name) ?? new Set()).add(file));

test('a name at the top level is defined in one file: one meaning, one name', () => {
  const shared = [...homes].filter(([, places]) => places.size > 1);
  assert.equal(
    shared.map(([name, places]) => `${name}: ${[...places].join(', ')}`),
    [],
  );
});

// A forgotten import would type-check against the global of that name.
test("no name is that of a browser's or the language's global", () => {
  const libraries = dirname(createRequire(import.meta.url).resolve('typescript'));
  const globals = new Set(
    ['lib.dom.d.ts', 'lib.es5.d.ts', 'lib.es2015.core.d.ts'].flatMap((library) =>
      [
        ...readFileSync(join(libraries, library), 'utf8').matchAll(
          /^(?:declare var|declare function|interface|type) (\w+)/gm,
        ),
      ].map(([, name]) => name),
    ),
  );
  assert.ok(globals.has('Range') && globals.has('Request'));
  assert.equal(
    [...homes.keys()].filter((name) => globals.has(name)),
    [],
  );
});

test.run();
