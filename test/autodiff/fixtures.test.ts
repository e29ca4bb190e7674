import { readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backwardGraph } from '../../src/autodiff/backward.ts';
import { readsOf } from '../../src/autodiff/reads.ts';
import { readNpy } from '../../src/image/npy.ts';
import { readModel } from '../../src/onnx/read.ts';
import { tapped } from '../../src/onnx/tap.ts';
import { probe } from '../../src/runtime/probe.ts';
import { createSession } from '../../src/runtime/session.ts';
import { floatTensor, sizeOf, type Tensor } from '../../src/runtime/tensor.ts';

const FIXTURES = new URL('../fixtures/', import.meta.url);
const TOLERANCE = 1e-4;

/** What PyTorch's autograd was asked: the score at `target`, differentiated by the value `layer` and by the input. */
interface Meta {
  layer: string;
  target: number;
}

const test = suite('whole networks agree with PyTorch');

for (const name of readdirSync(FIXTURES)) {
  test(name, async () => {
    const folder = new URL(`${name}/`, FIXTURES);
    const array = (file: string) => readNpy(readFileSync(new URL(`${file}.npy`, folder)));
    const { layer, target } = JSON.parse(readFileSync(new URL('meta.json', folder), 'utf8')) as Meta;
    const { dims, data } = array('input');
    const got = await differentiate(
      readFileSync(new URL('model.onnx', folder)),
      floatTensor(dims, data),
      layer,
      target,
    );
    const missed = Object.entries(got)
      .map(([what, value]) => ({ what, error: difference(value, array(what).data) }))
      .filter(({ error }) => !(error <= TOLERANCE));
    assert.equal(missed, []);
  });
}

/** Largest difference, relative to the largest number of the reference. */
function difference(value: Float32Array, reference: Float32Array): number {
  assert.is(value.length, reference.length);
  const largest = (numbers: Float32Array) => numbers.reduce((most, n) => Math.max(most, Math.abs(n)), 0);
  return largest(value.map((n, i) => n - reference[i])) / largest(reference);
}

async function differentiate(bytes: Uint8Array, image: Tensor, layer: string, target: number) {
  const model = readModel(bytes);
  const [input, output] = [model.graph.inputs[0].name, model.graph.outputs[0].name];
  const feeds = { [input]: image };
  const facts = await probe(model, feeds, readsOf(model), {});
  const backward = backwardGraph(model, facts, { output, wrt: [layer, input] });
  const taps = [...new Set([layer, ...backward.saved])].filter((name) => name !== input && name !== output);
  const forward = await createSession(tapped(bytes, { outputs: taps }));
  const values: Record<string, Tensor> = { ...feeds, ...(await forward.run(feeds, [...taps, output])) };
  await forward.release();

  const session = await createSession(backward.model);
  const seed = scoreSeed(facts.dims.get(output)!, target);
  const saved = backward.saved.map((name) => [name, values[name]] as const);
  const names = [layer, input].map((name) => backward.gradients.get(name)!);
  const gradients = await session.run({ ...Object.fromEntries(saved), [backward.seed]: seed }, names);
  await session.release();
  const numbers = (tensor: Tensor) => tensor.data as Float32Array;
  return {
    activation: numbers(values[layer]),
    gradient: numbers(gradients[names[0]]),
    input_gradient: numbers(gradients[names[1]]),
  };
}

/** ∂(score)/∂output of a class of a [1, C] or [1, C, H, W] output: 1 for the class, at every pixel. */
function scoreSeed(dims: readonly number[], target: number): Tensor {
  const pixels = sizeOf(dims.slice(2));
  const seed = new Float32Array(sizeOf(dims)).fill(1, target * pixels, (target + 1) * pixels);
  return floatTensor(dims, seed);
}

test.run();
