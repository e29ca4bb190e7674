import { readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { readNpy } from '../../src/image/npy.ts';
import { floatTensor } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { explained } from './differentiate.ts';

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
    const { values, gradients } = await explained(
      readFileSync(new URL('model.onnx', folder)),
      floatTensor(dims, data),
      layer,
      target,
    );
    const got = { activation: values[0], gradient: gradients[0], input_gradient: gradients[1] };
    const missed = Object.entries(got)
      .map(([what, value]) => ({ what, error: difference(value.data, array(what).data) }))
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

test.run();
