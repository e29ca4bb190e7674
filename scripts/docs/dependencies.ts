import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import manifest from '../../package.json' with { type: 'json' };

export const DEPENDENCIES_PAGE = 'docs/dependencies.md';

interface Reason {
  readonly why: string;
  /** What would replace it. */
  readonly instead: string;
}

/** Why each dependency of the package is there: one without a reason does not compile. */
const REASONS: Readonly<Record<keyof typeof manifest.dependencies, Reason>> = {
  'onnxruntime-web': {
    why: 'runs the model and its gradients, in WebAssembly, on every runtime',
    instead: 'nothing: no other runtime of ONNX models runs in browsers, Workers, Node, Deno and Bun',
  },
  '@jsquash/jpeg': {
    why: 'decodes JPEG: mozjpeg in WebAssembly, the same bytes everywhere',
    instead: 'jpeg-js, which Jimp brings: several times slower, and 512 MB at most',
  },
  '@jsquash/webp': {
    why: 'decodes WebP: libwebp in WebAssembly',
    instead: 'nothing in JavaScript; without it, WebP is refused outside of browsers',
  },
  jimp: {
    why: 'decodes BMP and JPEG of four inks, writes JPEG, and draws the text of contact sheets',
    instead:
      'bmp-ts and jpeg-js, the two of its packages that decode, a JPEG encoder, and a bitmap font; GIF, PNG and TIFF are decoded here',
  },
  undici: {
    why: 'speaks through a proxy when models are downloaded in Node; loaded only if the environment names a proxy',
    instead: "Node's own proxy support, from version 24 on",
  },
  'proxy-from-env': {
    why: 'decides from the environment whether an address takes a proxy',
    instead: 'a page of code for the rules of `NO_PROXY`',
  },
  yargs: {
    why: 'lays out the help of the command line; loaded for `--help` only',
    instead: 'a page of code that wraps columns',
  },
  'yargs-parser': {
    why: 'parses the command line; yargs takes 0.1 s to load',
    instead: "`parseArgs` of `node:util`, without its parser's numbers, aliases and repeated options",
  },
};

interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const lock = new Map(
  Object.entries(
    (
      JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
        packages: Record<string, Locked>;
      }
    ).packages,
  ),
);

/** docs/dependencies.md: from package.json, the lock file and the installed packages. */
export function dependenciesPage(): string {
  const all = new Set<string>();
  const rows = Object.entries(REASONS).map(([name, { why, instead }]) => {
    const places = behind(`node_modules/${name}`);
    for (const place of places) all.add(place);
    const licenses = [
      ...new Set([...places].map((place) => lock.get(place)?.license ?? 'not stated')),
    ].sort();
    const size = [...places].reduce((sum, place) => sum + sizeOf(join(root, place)), 0);
    return `| \`${name}\` | ${why} | ${places.size} | ${(size / 1e6).toFixed(1)} MB | ${licenses.join(', ')} | ${instead} |`;
  });
  return `# Dependencies

What \`npm install camwasm\` brings: ${all.size} packages. Packages counts a dependency and all that it depends on; size is
unpacked, on disk, sources and builds for other platforms included. Versions are locked in package-lock.json.

This page is generated from package.json, the lock file and the installed packages: \`npm run docs\`.

| Dependency | Why | Packages | Size | Licenses | What would replace it |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

/** The places of a package and of all that it depends on, as npm resolves them. */
function behind(place: string, found = new Set<string>()): ReadonlySet<string> {
  const entry = lock.get(place);
  if (!entry || found.has(place)) return found;
  found.add(place);
  for (const name of Object.keys(entry.dependencies ?? {})) behind(resolved(place, name), found);
  return found;
}

/** Where a package finds another one: in its own folder, or in one above it. */
function resolved(from: string, name: string): string {
  const inside = `${from}/node_modules/${name}`;
  if (lock.has(inside)) return inside;
  const above = from.lastIndexOf('/node_modules/');
  return above < 0 ? `node_modules/${name}` : resolved(from.slice(0, above), name);
}

/** Bytes of a package's files, without packages in its folder, which count for themselves. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .reduce((sum, entry) => {
      const path = join(folder, entry.name);
      return sum + (entry.isDirectory() ? sizeOf(path) : statSync(path).size);
    }, 0);
}
