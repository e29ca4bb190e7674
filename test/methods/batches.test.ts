import { suite } from 'uvu';
import { Explainer } from '../../src/index.ts';
import type { Ref } from '../../src/onnx/emitter.ts';
import * as assert from '../helpers/assert.ts';
import { relativeError } from '../helpers/fixtures.ts';
import { Draft } from '../network/draft.ts';
import { noise, tensor } from './networks.ts';

// Graphs that were exported for one image may take several for one, and say nothing.
const test = suite('variants of an image, many at once');

interface Ending {
  /** Of four scores at each of 8 x 8 positions [N, 4, 8, 8]. */
  readonly end: (d: Draft, scores: Ref) => Ref;
  readonly element: string;
}

const rows = ({ e }: Draft, map: Ref): Ref => e.reshape(e.transpose(map, [0, 2, 3, 1]), [1, -1, 4]);

const ENDINGS: Readonly<Record<string, Ending>> = {
  'a classifier': {
    end: ({ e }, scores) => e.op('Flatten', [e.op('GlobalAveragePool', [scores])]),
    element: 'output[0, 1]',
  },
  'a detector whose reshape counts boxes (YOLO)': {
    end: ({ e }, scores) => e.transpose(e.reshape(scores, [1, 4, -1]), [0, 2, 1]),
    element: 'output[0, 5, 1]',
  },
  'a detector that joins the boxes of two scales (SSD)': {
    end: (d, scores) => d.e.concat([rows(d, scores), rows(d, d.conv(scores, 4, 4, { stride: 2 }))], 1),
    element: 'output[0, 5, 1]',
  },
  'a reader of text, time before images (CRNN)': {
    end: ({ e }, scores) => e.transpose(e.reduceMean(scores, [2], false), [2, 0, 1]),
    element: 'output[3, 0, 1]',
  },
  // The right shape at the end, and images mixed on the way.
  'a classifier that centers the positions of all images together': {
    end: ({ e }, scores) => {
      const all = e.reshape(scores, [1, 4, -1]);
      const centered = e.sub(e.mul(all, all), e.reduceMean(all, [2]));
      return e.op('Flatten', [e.op('GlobalAveragePool', [e.reshape(centered, [-1, 4, 8, 8])])]);
    },
    element: 'output[0, 1]',
  },
};

const image = tensor([3, 16, 16], noise(768, 3));

for (const batch of [1, 'N']) {
  for (const [title, { end, element }] of Object.entries(ENDINGS)) {
    test(`${title}, declared for ${batch}`, async () => {
      const d = new Draft();
      const x = d.e.input('x', 'float32', [batch, 3, 16, 16]);
      const features = d.relu(d.conv(d.relu(d.conv(x, 3, 8)), 8, 8, { stride: 2 }));
      d.e.output(end(d, d.conv(features, 8, 4, { kernel: 1 })), 'y');
      const explainer = await Explainer.load(d.e.bytes(new Map([['', 18]]), 8));
      const maps = async (batchSize: number) => {
        const method = ['ablationcam', 'scorecam', 'occlusion', 'rise'];
        const options = { method, samples: 20, layer: features, target: element, batchSize };
        const { explanations, failures } = await explainer.explainAll(image, options);
        assert.equal(failures, []);
        return explanations.map(({ method, raw }) => ({ method, data: raw[0].data }));
      };
      const [alone, together] = [await maps(1), await maps(16)];
      alone.forEach(({ method, data }, i) => {
        const error = relativeError(together[i].data, data);
        assert.ok(error <= 1e-4, `${method}: off by ${error}`);
      });
      await explainer.close();
    });
  }
}

test.run();
