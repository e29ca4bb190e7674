// What methods cost on a MobileNetV2, next to the forward pass of the same model in the same process.
import { existsSync, readFileSync } from 'node:fs';
import { Explainer } from '../src/index.ts';
import { floatTensor } from '../src/runtime/tensor.ts';

const folder = process.env.CAMWASM_MODELS ?? new URL('../../shared/models', import.meta.url).pathname;
const place = `${folder}/mobilenet_v2_1.0_224.onnx`;
const METHODS = ['gradcam', 'eigencam', 'fullgrad', 'shapleycam', 'dff', 'ablationcam', 'groupcam'];

if (existsSync(place)) {
  const explainer = await Explainer.load(readFileSync(place));
  const input = floatTensor(
    [1, 3, 224, 224],
    Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => Math.sin(i)),
  );
  console.log(`${'mobilenet_v2, 224 px'.padEnd(24)}${'forward'.padStart(12)}${'method'.padStart(12)}`);
  for (const method of METHODS) {
    await explainer.explain(input, { method, target: 0 });
    const runs: [forward: number, own: number][] = [];
    for (let i = 0; i < 5; i++) {
      const { timings } = await explainer.explainAll(input, { method, target: 0 });
      runs.push([timings.forward, timings[method]]);
    }
    const median = (at: 0 | 1) => runs.map((run) => run[at]).sort((a, b) => a - b)[2];
    const [forward, own] = [median(0), median(1)].map((ms) => `${ms.toFixed(1)} ms`.padStart(12));
    console.log(`${method.padEnd(24)}${forward}${own}`);
  }
  await explainer.close();
} else console.log(`SKIPPED, ${place} is not here`);
