// What a process takes until it has explained its first image, as ratios to `node -e 0`. The model is loaded before its
// first session starts onnxruntime-web; the command line has V8 compile less of its wasm (src/cli/env.ts). Needs `npm run build`.
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROUNDS = 7;

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const dist = (name: string) => JSON.stringify(new URL(`../dist/${name}`, import.meta.url).href);
const photo = path('examples/golf-ball.jpg');

const library = `const { Explainer, toPNG } = await import(${dist('index.js')});`;
const runtime = `
  const { Emitter } = await import(${dist('onnx/emitter.js')});
  const { createSession } = await import(${dist('runtime/session.js')});
  const e = new Emitter('v');
  e.output(e.op('Relu', [e.input('x', 'float32', [1])]), 'y');
  await (await createSession(e.bytes())).release();`;
const load = 'const explainer = await Explainer.load();';
const explain = `const explanation = await explainer.explain(${JSON.stringify(photo)});`;
// Not as a module: threads would inherit the flag, which they refuse.
const script = (...lines: readonly string[]) => [
  '-e',
  `(async () => { ${lines.join('\n')} process.exit(); })()`,
];

const PHASES: readonly (readonly [what: string, argv: readonly string[]])[] = [
  ['node -e 0', ['-e', '0']],
  ['import camwasm', script(library)],
  ['  and start onnxruntime-web', script(library, runtime)],
  ['  or load the model', script(library, load)],
  ['    and explain a photo', script(library, load, explain)],
  ['    and draw it as PNG', script(library, load, explain, 'await toPNG(explanation);')],
  ['camwasm photo.jpg', [path('dist/cli/main.js'), photo, '-o', join(tmpdir(), 'camwasm-cold.png')]],
];

// In turns, since the machine's speed drifts.
const times = PHASES.map((): number[] => []);
for (let round = 0; round <= ROUNDS; round++) {
  for (const [i, [what, argv]] of PHASES.entries()) {
    const started = performance.now();
    const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${what}: ${stderr}`);
    if (round > 0) times[i].push(performance.now() - started);
  }
}
const ratios = times.map((all) => all.map((ms, round) => ms / times[0][round]).sort((a, b) => a - b));
for (const [i, [what]] of PHASES.entries())
  console.log(`${what.padEnd(30)}${ratios[i][ROUNDS >> 1].toFixed(1).padStart(6)}`);
