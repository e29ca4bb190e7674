// ESLint rules for imports within src/.
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { names } from './names.js';

/** The layers of src/ from the top down, from the line with arrows in CONTRIBUTING.md. */
export function storeysOf(contributing) {
  const line = contributing.split('\n').find((text) => /^`cli` → /.test(text));
  if (!line) throw new Error('CONTRIBUTING.md has no line that starts with `cli` → …');
  return line.split('→').map((storey) => [...storey.matchAll(/`([\w-]+)`/g)].map(([, name]) => name));
}

/** The folder or root file of src/ that contains a file; undefined outside src/. */
const roomOf = (file, root) => {
  const [first, room] = relative(root, file).split(sep);
  return first === 'src' ? room?.replace(/\.ts$/, '') : undefined;
};

/** Calls `check` with the importing and the imported file of every relative import. */
const onImports = (context, check) => {
  const visit = (node) => {
    const path = node.source?.value;
    if (typeof path === 'string' && path.startsWith('.'))
      check(node, context.filename, resolve(dirname(context.filename), path));
  };
  return {
    ImportDeclaration: visit,
    ExportNamedDeclaration: visit,
    ExportAllDeclaration: visit,
    ImportExpression: visit,
  };
};

/** Arrows point down: no file imports from a folder to its left, not even types. */
const arrows = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { up: '{{from}} must not import {{to}}, which is above it.' },
  },
  create(context) {
    const storeys = storeysOf(readFileSync(resolve(context.cwd, 'CONTRIBUTING.md'), 'utf8'));
    const storey = (room) => storeys.findIndex((names) => names.includes(room));
    return onImports(context, (node, from, to) => {
      const [lower, upper] = [from, to].map((file) => roomOf(file, context.cwd));
      if (lower === undefined || upper === undefined || lower === upper) return;
      if (storey(lower) < 0 || storey(upper) < 0 || storey(upper) < storey(lower))
        context.report({ node, messageId: 'up', data: { from: lower, to: upper } });
    });
  },
};

/** Entry points of the package: all that the command line may import besides itself. */
const SURFACE = /^(index|options\/index|server\/(index|node))\.ts$/;

/** The command line is a client of the public API. */
const surface = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { inside: 'The command line must import an entry point of the package, not {{to}}.' },
  },
  create: (context) =>
    onImports(context, (node, from, to) => {
      if (roomOf(from, context.cwd) !== 'cli' || roomOf(to, context.cwd) === 'cli') return;
      const path = relative(resolve(context.cwd, 'src'), to).split(sep).join('/');
      if (!SURFACE.test(path)) context.report({ node, messageId: 'inside', data: { to: path } });
    }),
};

export const camwasm = { rules: { arrows, surface, names } };
