// What an explanation costs on top of the bare model: both run the same tensor in this process, in turns.
import { readFileSync } from 'node:fs';
import { Bench } from 'tinybench';
import { Explainer } from '../src/index.ts';
import { createSession } from '../src/runtime/session.ts';
import { floatTensor, sizeOf } from '../src/runtime/tensor.ts';

const ROUNDS = 15;
/** Calls until the engine has compiled what it runs often. */
const WARMUP = 100;

/** The runtime's threads spin for a while after a run, which would slow the next session down. */
const rest = () => new Promise<void>((resolve) => setTimeout(resolve, 100));

/** Medians in milliseconds of short benches that take turns, since the machine's speed drifts. */
async function inTurns(work: Record<string, () => Promise<unknown>>): Promise<Map<string, number>> {
  const rounds = new Map<string, number[]>(Object.keys(work).map((name) => [name, []]));
  for (const run of Object.values(work)) for (let i = 0; i < WARMUP; i++) await run();
  for (let round = 0; round < ROUNDS; round++) {
    const bench = new Bench({ time: 0, iterations: 5, warmup: false });
    for (const [name, run] of Object.entries(work)) bench.add(name, run, { beforeAll: rest });
    for (const { name, result } of await bench.run()) {
      if (!('latency' in result)) throw new Error(`${name} did not finish`);
      rounds.get(name)!.push(result.latency.p50);
    }
  }
  return new Map([...rounds].map(([name, all]) => [name, all.sort((a, b) => a - b)[all.length >> 1]]));
}

const builtin = new URL('../models/efficientnet-lite0.onnx', import.meta.url);
const more = process.env.CAMWASM_MODELS ?? new URL('../../shared/models', import.meta.url).pathname;
const models: [title: string, place: string | URL, side: number][] = [
  ['efficientnet-lite0, 160 px', builtin, 160],
  ['efficientnet-lite0, 224 px', builtin, 224],
  ['mobilenet_v2_1.0_224, 224 px', `${more}/mobilenet_v2_1.0_224.onnx`, 224],
];

for (const [title, place, side] of models) {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(place);
  } catch {
    console.log(`${title}: SKIPPED, ${String(place)} is not here`);
    continue;
  }
  const dims = [1, 3, side, side];
  const input = floatTensor(
    dims,
    Float32Array.from({ length: sizeOf(dims) }, (_, i) => Math.sin(i)),
  );
  const session = await createSession(bytes);
  const feeds = { [session.inputs[0].name]: input };
  const outputs = session.outputs.map(({ name }) => name);
  const explainer = await Explainer.load(bytes);
  await explainer.explain(input);
  const work = {
    forward: () => session.run(feeds, outputs),
    gradcam: () => explainer.explain(input, { target: 0 }),
    layercam: () => explainer.explain(input, { target: 0, method: 'layercam' }),
  };
  const times = await inTurns(work);
  const forward = times.get('forward')!;
  for (const [name, median] of times) {
    const added = `${((median / forward - 1) * 100).toFixed(1)} % more`;
    console.log(`${title}: ${name} ${median.toFixed(1)} ms${name === 'forward' ? '' : `, ${added}`}`);
  }
  await explainer.close();
  await session.release();
}
