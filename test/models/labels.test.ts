import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { labelWarnings } from '../../src/models/labels.ts';
import type { ValueInfo } from '../../src/onnx/model.ts';

const test = suite('labels that are not as many as the classes');

type Dims = ValueInfo['dims'];
const output = (dims: Dims, type: ValueInfo['type'] = 'float32'): ValueInfo => ({
  name: 'y',
  type,
  dims,
  proto: new Uint8Array(),
});
const labels = (count: number) => Array.from({ length: count }, (_, i) => `class ${i}`);

const CASES: [what: string, count: number, outputs: ValueInfo[], warned: boolean][] = [
  ['too many', 1000, [output(['N', 10])], true],
  ['too few', 2, [output([1, 10])], true],
  ['the background class that TensorFlow counts', 1000, [output([1, 1001, 1, 1])], true],
  ['as many', 10, [output(['N', 10])], false],
  ['none', 0, [output(['N', 10])], false],
  ['a model that does not say', 3, [output(['N', 'classes'])], false],
  ['a model that declares no shape', 3, [output(undefined)], false],
  ['one logit, of yes against no', 2, [output(['N', 1])], false],
  ['a map: its axes are for the run to tell', 3, [output([1, 21, 64, 64])], false],
  ['the classes of another output', 4, [output(['N', 8]), output(['N', 4])], false],
  ['an index comes first', 2, [output([1, 1], 'int64'), output([1, 10])], true],
];

for (const [what, count, outputs, warned] of CASES) {
  test(`${what}: ${warned ? 'a warning' : 'nothing is said'}`, () =>
    assert.is(labelWarnings(labels(count), outputs, '--labels').length, warned ? 1 : 0),
  );
}

test('the warning says both numbers, and where to look', () => {
  const [warning] = labelWarnings(labels(1000), [output(['N', 10])], '--labels');
  assert.is(
    warning,
    'The model tells 10 classes apart, and the labels are 1000: the names may be wrong. Check --labels.',
  );
});

test.run();
