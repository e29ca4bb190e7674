import { suite } from 'uvu';
import { backwardGraph } from '../../src/autodiff/backward.ts';
import { CamError } from '../../src/errors.ts';
import { type AttributeValue, Emitter } from '../../src/onnx/emitter.ts';
import { readModel } from '../../src/onnx/read.ts';
import * as assert from '../helpers/assert.ts';

const DIMS = [2, 3, 4];

/** A node whose gradient does not exist, or would be another than the one asked for. */
interface Refusal {
  title: string;
  op: string;
  inputs: number;
  attributes?: Record<string, AttributeValue>;
  outputs?: number;
  /** Which output is explained. */
  from?: number;
  opset?: number;
  /** Contents of inputs that the rule reads. */
  contents?: Readonly<Record<number, readonly number[]>>;
  says: RegExp;
}

const REFUSALS: readonly Refusal[] = [
  {
    title: 'dropout that trains',
    op: 'Dropout',
    inputs: 3,
    contents: { 2: [1] },
    says: /training_mode is true/,
  },
  {
    title: 'batch normalization that trains',
    op: 'BatchNormalization',
    inputs: 5,
    attributes: { training_mode: 1 },
    outputs: 3,
    says: /training mode/,
  },
  {
    title: 'batch normalization that trains (opset 9)',
    op: 'BatchNormalization',
    inputs: 5,
    outputs: 5,
    opset: 9,
    says: /training mode/,
  },
  {
    title: 'the mean of a layer normalization',
    op: 'LayerNormalization',
    inputs: 3,
    outputs: 3,
    from: 1,
    says: /statistics/,
  },
  {
    title: 'the deviation of a layer normalization',
    op: 'LayerNormalization',
    inputs: 3,
    outputs: 3,
    from: 2,
    says: /statistics/,
  },
  { title: 'a choice of boxes', op: 'NonMaxSuppression', inputs: 2, says: /NonMaxSuppression \(opset 18\)/ },
];

const test = suite('no gradient');

for (const {
  title,
  op,
  inputs,
  attributes = {},
  outputs = 1,
  from = 0,
  opset = 18,
  contents = {},
  says,
} of REFUSALS) {
  test(title, () => {
    const e = new Emitter('v');
    const names = Array.from({ length: inputs }, (_, i) => e.input(`x${i}`, 'float32', DIMS));
    const results = e.op(op, names, attributes, outputs);
    const model = readModel(e.bytes(new Map([['', opset]]), 8));
    const facts = {
      dims: new Map([...names, ...results].map((name) => [name, DIMS])),
      types: new Map(),
      values: new Map(Object.entries(contents).map(([i, value]) => [names[Number(i)], value])),
      constants: new Map(),
    };
    assert.throws(
      () => backwardGraph(model, facts, { output: results[from], wrt: ['x0'] }),
      (error: unknown) =>
        error instanceof CamError &&
        error.code === 'UNSUPPORTED_OPERATOR' &&
        error.message.includes(`"${results[0]}"`) &&
        says.test(error.message),
    );
  });
}

test.run();
