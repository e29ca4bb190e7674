import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const API_PAGE = 'docs/api.md';
export const API_REPORT = 'docs/api-report.txt';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Entry points of the package, by import path. */
const ENTRIES: Readonly<Record<string, string>> = {
  camwasm: 'src/index.ts',
  'camwasm/options': 'src/options/index.ts',
  'camwasm/server': 'src/server/index.ts',
  'camwasm/server/node': 'src/server/node.ts',
  'camwasm/workerd': 'src/workerd.ts',
};

/** An exported name. */
interface Export {
  readonly name: string;
  /** Its declaration in the package's .d.ts, without comments. */
  readonly declaration: ts.Statement;
  readonly text: string;
  readonly doc: ts.JSDoc | undefined;
  readonly source: ts.Node;
}

export interface Api {
  readonly page: string;
  readonly report: string;
  /** Exports without a comment, functions without an example, and signatures with names that are not exported. */
  readonly problems: readonly string[];
}

/** The public API, from the sources. */
export function api(): Api {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const files = Object.values(ENTRIES).map((file) => join(root, file));
  const program = ts.createProgram([...files, join(root, 'src/runtime/entry.d.ts')], {
    ...options,
    declaration: true,
    emitDeclarationOnly: true,
    removeComments: true,
    outDir: '/',
  });
  const emitted = new Map<string, ts.SourceFile>();
  program.emit(undefined, (name, text) => {
    emitted.set(name, ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true));
  });
  const entries = Object.entries(ENTRIES).map(
    ([entry, file]) => [entry, exportsOf(program, emitted, file)] as const,
  );
  return {
    page: pageOf(entries),
    report: entries
      .map(([entry, found]) => `// ${entry}\n${found.map(({ text }) => text).join('\n')}\n`)
      .join('\n'),
    problems: entries.flatMap(([entry, found]) =>
      problemsOf(program, entry, found, [...found, ...entries[0][1]]),
    ),
  };
}

function exportsOf(
  program: ts.Program,
  emitted: ReadonlyMap<string, ts.SourceFile>,
  entry: string,
): readonly Export[] {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(root, entry))!)!;
  return checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .flatMap((symbol) => {
      const source = symbol.declarations?.[0];
      if (!source) return [];
      const file = source.getSourceFile().fileName;
      if (file.includes('node_modules')) return [];
      const path = `/${relative(join(root, 'src'), file).replace(/\.ts$/, '.d.ts')}`;
      const declaration = [...emitted]
        .find(([name]) => name.endsWith(path))?.[1]
        .statements.find((statement) => namesOf(statement).includes(symbol.name));
      if (!declaration) throw new Error(`${path} does not declare ${symbol.name}.`);
      const statement = ts.isVariableDeclaration(source) ? source.parent.parent : source;
      const doc = ts.getJSDocCommentsAndTags(statement).find(ts.isJSDoc);
      const text = choicesOf(checker, symbol) ?? declaration.getText();
      return [{ name: symbol.name, declaration, text, doc, source: statement }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The declaration of a string union, with its members listed. */
function choicesOf(checker: ts.TypeChecker, symbol: ts.Symbol): string | undefined {
  if (!(symbol.flags & ts.SymbolFlags.TypeAlias)) return undefined;
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  const words = type.isUnion() ? type.types : [type];
  if (!words.every((word) => word.isStringLiteral())) return undefined;
  return `export type ${symbol.name} =\n${words
    .map(({ value }) => `    | '${value}'`)
    .sort()
    .join('\n')};`;
}

const namesOf = (statement: ts.Statement): string[] => {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = statement as { name?: ts.Identifier };
  return name ? [name.text] : [];
};

const hasExample = (doc: ts.JSDoc | undefined): boolean =>
  doc?.tags?.some(({ tagName }) => tagName.text === 'example') ?? false;

function problemsOf(
  program: ts.Program,
  entry: string,
  found: readonly Export[],
  nameable: readonly Export[],
): string[] {
  const exported = new Set(nameable.map(({ name }) => name));
  const own = new Set(
    program
      .getSourceFiles()
      .filter(({ fileName }) => fileName.startsWith(join(root, 'src')))
      .flatMap(({ statements }) => statements.flatMap(namesOf)),
  );
  return found.flatMap(({ name, declaration, text, doc, source }) => {
    const problems: string[] = [];
    if (!doc) problems.push('has no comment');
    const callable =
      ts.isFunctionDeclaration(source) ||
      (ts.isVariableStatement(source) && /=>/.test(declaration.getText().split('=')[0] ?? ''));
    if (callable && !hasExample(doc)) problems.push('has no example');
    if (ts.isClassDeclaration(source)) {
      for (const member of source.members.filter(ts.isMethodDeclaration)) {
        const comment = ts.getJSDocCommentsAndTags(member).find(ts.isJSDoc);
        const inner = ts.isPrivateIdentifier(member.name) || ts.isComputedPropertyName(member.name);
        if (!inner && !comment) problems.push(`has no comment on ${member.name.getText()}`);
        if (!inner && member.parameters.length > 0 && !hasExample(comment))
          problems.push(`has no example of ${member.name.getText()}`);
      }
    }
    const mentioned = new Set<string>();
    const visit = (node: ts.Node): void => {
      if (ts.isTypeReferenceNode(node)) mentioned.add(node.typeName.getText());
      if (ts.isTypeQueryNode(node) && text === declaration.getText()) mentioned.add(node.exprName.getText());
      if (ts.isExpressionWithTypeArguments(node)) mentioned.add(node.expression.getText());
      ts.forEachChild(node, visit);
    };
    visit(declaration);
    for (const type of mentioned)
      if (own.has(type) && !exported.has(type)) problems.push(`mentions ${type}, which is not exported`);
    return problems.map((problem) => `${entry}: ${name} ${problem}`);
  });
}

function pageOf(entries: readonly (readonly [entry: string, found: readonly Export[]])[]): string {
  const sections = entries.map(([entry, found]) => {
    const own = found.filter(
      ({ name }) => entry === 'camwasm' || !entries[0][1].some((one) => one.name === name),
    );
    return `## ${entry}\n\n${own.map(exportSection).join('\n\n')}`;
  });
  return `# API

The package's exports, from its doc comments. This page is generated: \`npm run docs\`.

${sections.join('\n\n')}
`;
}

function exportSection({ name, text, doc, source }: Export): string {
  // Field comments exist only in the sources.
  const shown = ts.isInterfaceDeclaration(source) ? source.getText() : text;
  const signature = shown.replace(/^export (declare )?/, '').replace(/\n {4}#private;/, '');
  const members = ts.isClassDeclaration(source)
    ? source.members.filter(ts.isMethodDeclaration).flatMap((member) => {
        const comment = ts.getJSDocCommentsAndTags(member).find(ts.isJSDoc);
        return comment && !ts.isComputedPropertyName(member.name)
          ? [`#### ${name}.${member.name.getText()}\n\n${prose(comment)}`]
          : [];
      })
    : [];
  return [`### ${name}`, prose(doc), `\`\`\`ts\n${signature}\n\`\`\``, ...members]
    .filter(Boolean)
    .join('\n\n');
}

function prose(doc: ts.JSDoc | undefined): string {
  if (!doc) return '';
  const tags = (doc.tags ?? []).map((tag) => {
    const text = (ts.getTextOfJSDocComment(tag.comment) ?? '').trim();
    if (tag.tagName.text === 'example') return `\`\`\`ts\n${text}\n\`\`\``;
    return tag.tagName.text === 'throws' ? `- Throws ${text.replace(/^\{(\w+)\}\s*/, '`$1` ')}` : '';
  });
  const text = ts.getTextOfJSDocComment(doc.comment) ?? '';
  return [
    text,
    ...tags.filter((tag) => !tag.startsWith('-')),
    tags.filter((tag) => tag.startsWith('-')).join('\n'),
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** The current text of a generated file. */
export const written = (path: string): string => readFileSync(join(root, path), 'utf8');
