// Kernels against their scalar twins, over the same memory: what SIMD gives. Below, the typed functions against the twins:
// what is left of it when the data has to be copied in and out.
import { loadKernels } from '../src/kernels/index.ts';
import { instantiate, type KernelExports } from '../src/kernels/load.ts';
import { uniform } from '../test/helpers/random.ts';
import { scalarKernels } from '../test/kernels/scalar.ts';
import { compare } from './compare.ts';

const MIB = 2 ** 20;
const memory = new WebAssembly.Memory({ initial: 32 * 16 });
const random = uniform(1);
new Float32Array(memory.buffer).forEach((_, i, floats) => (floats[i] = random() * 2 - 1));

const wasm = await instantiate(memory);
const twins = scalarKernels(memory);
const [out, a, b, scratch] = [0, 8 * MIB, 16 * MIB, 24 * MIB];
const [channels, small, pixels] = [2048, 7 * 7, 224 * 224];

const rows: [title: string, run: (kernels: KernelExports) => void][] = [
  ['weightedSum 7x7x2048', (k) => k.weightedSum(out, a, b, scratch, channels, small)],
  ['productSum 7x7x2048', (k) => k.productSum(out, a, b, scratch, channels, small)],
  ['reluProductSum 7x7x2048', (k) => k.reluProductSum(out, a, b, scratch, channels, small)],
  ['spatialSum 7x7x2048', (k) => k.spatialSum(out, a, channels, small)],
  ['spatialDot 7x7x2048', (k) => k.spatialDot(out, a, b, channels, small)],
  ['relu 7x7x2048', (k) => k.relu(out, a, channels * small)],
  ['minMax 224x224', (k) => k.minMax(out, a, pixels, 0)],
  ['resample 7x7 to 224x224', (k) => upsample(k, a)],
  ['magnitudes 7x7x2048', (k) => k.magnitudes(out, a, b, channels, small)],
  ['gram of 49 columns, 2048 rows', (k) => k.gram(out, a, scratch, channels, small)],
  ['transpose 196x768', (k) => k.transpose(out, a, 196, 768)],
  ['colorize 224x224', (k) => k.colorize(out, a, b, pixels)],
  ['overlay 224x224', (k) => k.overlay(out, scratch, a, b, 6554, pixels)],
  ['8 masked inputs 3x224x224 from 7x7', (k) => maskBatch(k)],
];

console.log(`${''.padEnd(38)}${'kernel'.padStart(11)}${'twin'.padStart(11)}`);
for (const [title, run] of rows) {
  await compare(
    title,
    () => run(wasm),
    () => run(twins),
  );
}

const kernels = await loadKernels();
const A = {
  data: new Float32Array(memory.buffer, a, channels * small).slice(),
  channels,
  height: 7,
  width: 7,
};
const weights = new Float32Array(memory.buffer, b, channels).slice();
const map = { data: new Float32Array(memory.buffer, a, pixels).slice(), height: 224, width: 224 };
const image = new Uint8Array(memory.buffer, scratch, pixels * 4).slice();
const table = new Uint8Array(memory.buffer, b, 1024).slice();

await compare(
  'weightedSum 7x7x2048, with copies',
  () => kernels.weightedSum(A, weights),
  () => twins.weightedSum(out, a, b, scratch, channels, small),
);
await compare(
  'overlay 224x224, with copies',
  () => kernels.overlay(image, map, table, 0.4),
  () => twins.overlay(out, scratch, a, b, 6554, pixels),
);

function upsample(k: KernelExports, from: number): void {
  k.resample(out, from, scratch, 7, 7, 224, 224, 7 / 224, 0, 7 / 224, 0, 0);
}

function maskBatch(k: KernelExports): void {
  for (let n = 0; n < 8; n++) {
    upsample(k, a + n * small * 4);
    k.minMax(out, out, pixels, 0);
    k.multiplyMask(out + MIB, b, out, 3, pixels);
  }
}
