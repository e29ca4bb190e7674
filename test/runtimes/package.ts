import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type App, bin, here, root, sh } from './app.ts';

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

interface Jsr {
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

const readJson = (name: string): unknown => JSON.parse(readFileSync(join(root, name), 'utf8'));

/** All that the tarball may hold, beside the declarations of its modules. */
const HELD = [
  /^dist\/(?:[\w-]+\/)*[\w-]+\.(?:js|d\.ts)$/,
  /^dist\/kernels\.wasm$/,
  /^dist\/browser\/(?:mozjpeg|webp)_dec\.wasm$/,
  /^models\/(?:efficientnet-lite0\.onnx|config\.json|labels\.json|preprocessor_config\.json|MODEL_CARD\.md|LICENSE)$/,
  /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
];

/** MB of the tarball that no one has agreed to exceed. */
const LARGEST = 6;

const CHECKS: Readonly<Record<string, (app: App) => string>> = {
  'holds what it needs and nothing else': ({ tarball }) => {
    const files = sh('tar', ['-tzf', tarball])
      .trim()
      .split('\n')
      .map((path) => path.replace(/^package\//, ''));
    const strange = files.filter((path) => !HELD.some((pattern) => pattern.test(path)));
    const missing = HELD.filter((pattern) => !files.some((path) => pattern.test(path)));
    if (strange.length + missing.length > 0) {
      throw new Error(`not to be packed: ${strange.join(', ')}; missing: ${missing.join(', ')}`);
    }
    const size = readFileSync(tarball).length / 1e6;
    if (size > LARGEST) throw new Error(`${size} MB, more than ${LARGEST}`);
    return `${files.length} files, ${size.toFixed(2)} MB`;
  },
  'publint finds nothing': ({ tarball }) => {
    sh(bin('publint'), ['run', tarball, '--strict']);
    return '';
  },
  'the types are right': ({ tarball }) => {
    const assets = Object.keys(manifest.exports).filter((path) => !isModule(path));
    sh(bin('attw'), [
      tarball,
      '--profile',
      'esm-only',
      '--exclude-entrypoints',
      ...assets.map((path) => path.replace('./', '')),
    ]);
    return '';
  },
  'the types hold on TypeScript 5.4, those of its dependencies too': ({ folder }) => {
    for (const [program, types] of [
      ['page.ts', []],
      ['node.ts', ['node']],
    ] as const) {
      const options = {
        lib: ['ES2022', 'DOM', 'DOM.Iterable'],
        types,
        typeRoots: [join(root, 'node_modules/@types')],
      };
      for (const [module, moduleResolution] of [
        ['NodeNext', 'NodeNext'],
        ['ESNext', 'Bundler'],
      ]) {
        const config = join(folder, 'types/tsconfig.json');
        const compilerOptions = { ...options, target: 'ES2022', module, moduleResolution, ...CAREFUL };
        writeFileSync(config, JSON.stringify({ compilerOptions, files: [program] }));
        sh(process.execPath, [join(here, 'node_modules/typescript-5.4/bin/tsc'), '--project', config]);
      }
    }
    return '';
  },
  'on JSR it has the same modules, at the same version': () => {
    const jsr = readJson('jsr.json') as Jsr;
    const built = Object.fromEntries(
      Object.keys(manifest.exports)
        .filter((path) => isModule(path) && path !== './browser') // which is a bundle
        .map((path) => [path, entry(path).default.replace('./dist/', './src/').replace(/\.js$/, '.ts')]),
    );
    const differences = [
      JSON.stringify(jsr.exports) !== JSON.stringify(built) && 'exports',
      jsr.version !== manifest.version && 'version',
      jsr.imports['#ort'] !== `npm:onnxruntime-web@${manifest.dependencies['onnxruntime-web']}` && '#ort',
    ].filter(Boolean);
    if (differences.length > 0) throw new Error(`jsr.json differs in ${differences.join(', ')}`);
    return Object.keys(built).join(' ');
  },
  'each entry has its types first': () => {
    for (const path of Object.keys(manifest.exports).filter(isModule)) {
      const keys = Object.keys(entry(path));
      if (keys[0] !== 'types' || keys.at(-1) !== 'default') throw new Error(`${path}: ${keys.join(', ')}`);
    }
    return '';
  },
  'deno publish would take it, without slow types': () => {
    sh(bin('deno'), ['publish', '--dry-run', '--allow-dirty', '--no-provenance', '--quiet']);
    return '';
  },
  'nothing is left of it where it is not used': ({ folder }) => {
    const bytes = bundled(folder, "import 'camwasm';");
    if (bytes.length > 0) throw new Error(`importing it for nothing brings ${bytes.length} bytes`);
    return '';
  },
  'in a browser it weighs': ({ folder }) => {
    const sizes = Object.entries({
      Explainer: "export { Explainer } from 'camwasm';",
      'the table of methods': "export { METHODS } from 'camwasm';",
      server: "export { createHandler } from 'camwasm/server';",
    }).map(([what, code]) => `${what} ${weight(bundled(folder, code))}`);
    return `${sizes.join(', ')}, without onnxruntime-web and the decoders`;
  },
  'the one file for pages weighs': ({ folder }) =>
    weight(readFileSync(join(folder, 'node_modules/camwasm/dist/browser/camwasm.js'))),
};

const CAREFUL = { strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true, noEmit: true };

const manifest = readJson('package.json') as Manifest;

const entry = (path: string): { readonly types: string; readonly default: string } => {
  const found = manifest.exports[path];
  if (typeof found === 'string') throw new Error(`${path} has no types`);
  return found;
};

/** Other entries are files: wasm, models. */
const isModule = (path: string): boolean => typeof manifest.exports[path] !== 'string';

/** What a bundler makes of some code for a browser, minified; what is loaded when it is needed is left out. */
function bundled(folder: string, code: string): Buffer {
  const out = join(folder, 'out/bundle.js');
  const outside = ['onnxruntime-web', '#ort', '@jsquash/*', 'jimp'].map((name) => `--external:${name}`);
  sh('sh', [
    '-c',
    `cd "$1" && printf %s "$2" | "$3" --bundle --minify --format=esm --platform=browser --log-level=error ${outside.join(' ')} --outfile="$4"`,
    'sh',
    ...[folder, code, bin('esbuild'), out],
  ]);
  return readFileSync(out);
}

const weight = (bytes: Buffer): string =>
  `${kb(bytes.length)} (${kb(gzipSync(bytes, { level: 9 }).length)} gzip)`;

const kb = (bytes: number): string => `${(bytes / 1e3).toFixed(0)} kB`;

/** The package as such: what is in it, and what tools and registries think of it. */
export function hygiene(app: App): Promise<void> {
  for (const [name, check] of Object.entries(CHECKS)) {
    try {
      console.log(`  ${[name, check(app)].filter(Boolean).join(': ')}`);
    } catch (cause) {
      throw new Error(`${name}: ${(cause as Error).message}`, { cause });
    }
  }
  return Promise.resolve();
}
