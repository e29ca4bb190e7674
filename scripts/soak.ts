// Whether a process that explains for long keeps anything: npm run soak [-- --explanations 2000 --loads 200]
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Explainer, ImageInput, MethodId } from '../src/index.ts';

/** Largest growth of memory after a collection. */
const MOST_GROWTH = 0.05;
const MODELS = ['everyday36', 'gap', 'resnet', 'mobilenet_v2', 'squeezenet', 'vit'];

const { values: flags } = parseArgs({
  options: {
    explanations: { type: 'string', default: '2000' },
    loads: { type: 'string', default: '200' },
  },
});
const [explanations, loads] = [Number(flags.explanations), Number(flags.loads)];
const { gc } = globalThis;
if (!gc) throw new Error('Run node with --expose-gc.');
if (!(explanations > 0 && loads > 0)) throw new Error('--explanations and --loads are numbers from 1.');

// The runtime's memory is in no count of the process but the resident set; it is seen where it is made.
const memories: WeakRef<WebAssembly.Memory>[] = [];
WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    memories.push(new WeakRef<WebAssembly.Memory>(this));
  }
};
const { Explainer: Loader, METHODS, overlay, toPNG } = await import('../src/index.ts');
const { fixture } = await import('../test/helpers/fixtures.ts');
const { countedSessions } = await import('../test/helpers/sessions.ts');

interface Subject {
  readonly name: string;
  readonly image: ImageInput;
  readonly load: () => Promise<Explainer>;
}

/** One method on one model. */
interface Kind {
  readonly name: string;
  readonly method: MethodId;
  readonly subject: Subject;
  readonly explainer: Explainer;
}

const { ort, open, made } = countedSessions();
/** Threads spin while they wait, which small models on a busy machine pay for. */
const RUNTIME = { ort, threads: 1 };

function subjectOf(name: string): Subject {
  if (name === 'everyday36') {
    const image = readFileSync(new URL('../examples/golf-ball.jpg', import.meta.url));
    return { name, image, load: () => Loader.load(undefined, RUNTIME) };
  }
  const { model, tensor } = fixture(name);
  return { name, image: tensor('input'), load: () => Loader.load(model, RUNTIME) };
}

/** Few samples: what one leaves behind, the next one leaves too. */
const SAMPLING = { samples: 4, channels: 8 };

async function digestOf(explainer: Explainer, { image }: Subject, method: MethodId): Promise<string> {
  const answer = await explainer.explain(image, { method, target: 0, ...SAMPLING });
  const digest = createHash('sha256').update(await toPNG(await overlay(answer)));
  for (const { data } of answer.raw) digest.update(data);
  return digest.digest('hex');
}

async function kindsOf(subject: Subject): Promise<Kind[]> {
  const explainer = await subject.load();
  const methods = Object.keys(METHODS) as MethodId[];
  const { failures } = await explainer.explainAll(subject.image, { method: methods, target: 0, ...SAMPLING });
  const unsuited = new Set(failures.map(({ method }) => method));
  return methods
    .filter((method) => !unsuited.has(method))
    .map((method) => ({ name: `${subject.name} ${method}`, method, subject, explainer }));
}

const breathe = () => new Promise((resolve) => setTimeout(resolve, 50));

/** Bytes that the process holds after a collection, by place. */
async function memoryOf(): Promise<Record<string, number>> {
  for (let i = 0; i < 4; i++) {
    gc!();
    await breathe();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    'JavaScript heap': heapUsed,
    'buffers outside of it': external,
    'wasm memory': memories.reduce((sum, memory) => sum + (memory.deref()?.buffer.byteLength ?? 0), 0),
    'resident set': rss,
  };
}

const handlesOf = () => process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length;

const subjects = MODELS.map(subjectOf);
const kinds = (await Promise.all(subjects.map(kindsOf))).flat();
const first = new Map<string, string>();
let different = 0;

async function explain(kind: Kind, explainer = kind.explainer): Promise<void> {
  const digest = await digestOf(explainer, kind.subject, kind.method);
  const expected = first.get(kind.name) ?? digest;
  first.set(kind.name, expected);
  if (digest !== expected) different++;
}

/** Explanations one after another over all kinds, and loads in between, each with an explanation of its own. */
async function work(count: number, loaded: number): Promise<void> {
  for (let i = 0, done = 0; i < count; i++) {
    await explain(kinds[i % kinds.length]);
    for (; done < Math.floor(((i + 1) * loaded) / count); done++) {
      const kind = kinds[(done * 7) % kinds.length];
      const explainer = await kind.subject.load();
      await explain(kind, explainer);
      await explainer.close();
    }
  }
}

const started = performance.now();
await work(
  Math.max(kinds.length, Math.ceil(explanations / 10)),
  Math.max(subjects.length, Math.ceil(loads / 10)),
);
const before = { memory: await memoryOf(), handles: handlesOf(), sessions: open() };
const warm = performance.now();
await work(explanations, loads);
const after = { memory: await memoryOf(), handles: handlesOf(), sessions: open() };
const seconds = (performance.now() - warm) / 1000;
for (const explainer of new Set(kinds.map((kind) => kind.explainer))) await explainer.close();

const faults: string[] = [];
const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const row = (...cells: string[]) =>
  console.log(`| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(22) : cell.padStart(10))).join(' | ')} |`);
console.log(
  `${explanations} explanations of ${kinds.length} kinds, ${loads} loads and closes, in ${seconds.toFixed(0)} s, after ${((warm - started) / 1000).toFixed(0)} s of the same\n`,
);
row('', 'before', 'after', 'growth');
row('---', '---:', '---:', '---:');
for (const [place, bytes] of Object.entries(before.memory)) {
  const growth = after.memory[place] / bytes - 1;
  row(place, mib(bytes), mib(after.memory[place]), `${(growth * 100).toFixed(1)} %`);
  if (!(growth < MOST_GROWTH)) faults.push(`${place} grew by ${(growth * 100).toFixed(1)} %`);
}
row('sessions', String(before.sessions), String(after.sessions), String(after.sessions - before.sessions));
row('handles', String(before.handles), String(after.handles), String(after.handles - before.handles));
row('sessions in the end', '', String(open()), `of ${made()}`);
row('results that differ', '', String(different), '');
if (after.sessions !== before.sessions || open() !== 0) faults.push('sessions are left');
if (after.handles > before.handles) faults.push('handles are left');
if (different > 0) faults.push(`${different} results differ from the first of their kind`);
for (const fault of faults) console.error(`\n${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
