// What an explanation costs on top of the bare model: both run the same tensor in this process, in turns.
import { readFileSync } from 'node:fs';
import { Bench } from 'tinybench';
import { Explainer } from '../src/index.ts';
import { createSession } from '../src/runtime/session.ts';
import { floatTensor, sizeOf } from '../src/runtime/tensor.ts';

const builtin = new URL('../models/everyday36.onnx', import.meta.url);
const more = process.env.CAMWASM_MODELS ?? new URL('../../shared/models', import.meta.url).pathname;
const models: [title: string, place: string | URL, side: number][] = [
  ['everyday36, 144 px', builtin, 144],
  ['everyday36, 224 px', builtin, 224],
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
  const bench = new Bench({ time: 3000, warmupTime: 300 })
    .add('forward', () => session.run(feeds, outputs))
    .add('gradcam', () => explainer.explain(input, { target: 0 }))
    .add('layercam', () => explainer.explain(input, { target: 0, method: 'layercam' }));
  const [forward, ...methods] = (await bench.run()).map(({ name, result }) => {
    if (!('latency' in result)) throw new Error(`${title}: ${name} did not finish`);
    return { name, p50: result.latency.p50 };
  });
  for (const { name, p50 } of methods) {
    const added = ((p50 / forward.p50 - 1) * 100).toFixed(1);
    console.log(
      `${title}: ${name} ${p50.toFixed(1)} ms, bare forward ${forward.p50.toFixed(1)} ms: ${added} % more`,
    );
  }
  await explainer.close();
  await session.release();
}
