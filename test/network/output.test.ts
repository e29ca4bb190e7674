import { suite } from 'uvu';
import { classOutput } from '../../src/network/output.ts';
import type { Ref } from '../../src/onnx/emitter.ts';
import * as assert from '../helpers/assert.ts';
import { Draft, open, positions } from './draft.ts';

const test = suite('the axis of the classes in an output');

interface Design {
  /** Builds on a map [1, 12, 8, 8]. */
  readonly build: (d: Draft, map: Ref) => Ref;
  readonly axis: number;
  readonly classes: number;
}

const DESIGNS: Readonly<Record<string, Design>> = {
  'a vector': { build: (d, map) => d.head(map, 12, [2, 3]), axis: 1, classes: 3 },
  'a vector without a batch': {
    build: (d, map) => d.e.reshape(d.head(map, 12, [2, 3]), [3]),
    axis: 0,
    classes: 3,
  },
  'a vector that ends in 1 x 1 pixels': {
    build: (d, map) => d.e.op('GlobalAveragePool', [map]),
    axis: 1,
    classes: 12,
  },
  'one score': { build: (d, map) => d.e.reduceMean(map, [1, 2, 3], false), axis: 0, classes: 1 },
  'scores of every pixel, channels first': { build: (_, map) => map, axis: 1, classes: 12 },
  'scores of every pixel, channels last in a model of channels first': {
    build: ({ e }, map) => e.transpose(map, [0, 2, 3, 1]),
    axis: 3,
    classes: 12,
  },
  'boxes of a detector': {
    build: ({ e }, map) => e.transpose(e.reshape(map, [1, 12, 64]), [0, 2, 1]),
    axis: 2,
    classes: 12,
  },
  'anchors over a grid (YOLOv5)': {
    build: ({ e }, map) => e.transpose(e.reshape(map, [1, 3, 4, 8, 8]), [0, 1, 3, 4, 2]),
    axis: 4,
    classes: 4,
  },
};

for (const [title, { build, axis, classes }] of Object.entries(DESIGNS)) {
  test(title, async () => {
    const d = new Draft();
    const x = d.e.input('x', 'float32', [1, 2, 16, 16]);
    const { network } = await open(d, build(d, d.conv(x, 2, 12, { stride: 2 })), positions(16, 16));
    const found = classOutput(network, 'x', 'y');
    assert.equal([found.axis, found.classes], [axis, classes]);
    await network.close();
  });
}

test.run();
