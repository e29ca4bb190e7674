import { suite } from 'uvu';
import { Explainer, type ExplainOptions, type Explanation } from '../../src/index.ts';
import { METHODS } from '../../src/methods/index.ts';
import type { Emitter, Ref } from '../../src/onnx/emitter.ts';
import * as assert from '../helpers/assert.ts';
import { relativeError } from '../helpers/fixtures.ts';
import { network, noise, pooledClassifier, type Small, tensor } from './networks.ts';

// The same weights, ending in logits or in what is made of them: the maps must not tell the difference.
const test = suite('the end of a model');

const shape = [2, 6, 6];
const picture = tensor(shape, noise(72, 3));

/** A layer of three channels that a convolution makes, and `classes` read off its means. */
function ending(classes: number, end: (e: Emitter, logits: Ref) => Ref): Small {
  const kernel = noise(3 * 2 * 9, 1);
  const weights = Array.from({ length: 3 }, (_, k) => [...noise(classes, 10 + k)].map((v) => 2 * v));
  return network(shape, (e, x) => {
    const conv = e.op('Conv', [x, e.constant('float32', [3, 2, 3, 3], [...kernel])], { pads: [1, 1, 1, 1] });
    const layer = e.op('Relu', [conv]);
    return { layers: [layer], y: end(e, pooledClassifier(e, layer, weights)) };
  });
}

async function explained(
  { model, layers }: Small,
  options: ExplainOptions,
): Promise<Map<string, Explanation>> {
  const explainer = await Explainer.load(model);
  try {
    const { explanations } = await explainer.explainAll(picture, {
      layer: layers,
      target: 1,
      samples: 4,
      ...options,
    });
    return new Map(explanations.map((explanation) => [explanation.method, explanation]));
  } finally {
    await explainer.close();
  }
}

/** Methods that change the image, and those of gradients: each that this network allows. */
const METHOD = Object.keys(METHODS).filter((id) => id !== 'class-visualization');

const same = (a: Explanation, b: Explanation, what: string): void =>
  a.raw.forEach(({ data }, i) => {
    const error = relativeError(b.raw[i].data, data);
    assert.ok(error <= 1e-4, `${a.method}, ${what}: off by ${error}`);
  });

/** What models of several classes end in. */
const ENDS: Readonly<Record<string, (e: Emitter, logits: Ref) => Ref>> = {
  Softmax: (e, y) => e.op('Softmax', [y], { axis: 1 }),
  'Softmax, and what only hands it on': (e, y) =>
    e.op('Identity', [e.reshape(e.op('Softmax', [y], { axis: 1 }), [-1, 5])]),
  'Softmax that is clipped': (e, y) =>
    e.op('Clip', [e.op('Softmax', [y], { axis: 1 }), e.scalar(1e-7), e.scalar(1)]),
  'Softmax that is spelled out': (e, y) => {
    const powers = e.exp(e.sub(y, e.op('ReduceMax', [y, e.ints([1])])));
    return e.div(powers, e.reduceSum(powers, [1]));
  },
  LogSoftmax: (e, y) => e.op('LogSoftmax', [y], { axis: 1 }),
};

for (const score of ['logit', 'probability'] as const) {
  for (const [title, end] of Object.entries(ENDS)) {
    test(`${title} changes no map of a ${score}`, async () => {
      const plain = await explained(
        ending(5, (_, y) => y),
        { method: METHOD, score },
      );
      const ended = await explained(ending(5, end), { method: METHOD, score });
      assert.ok(plain.size > 25, `${plain.size} methods`);
      assert.equal([...ended.keys()], [...plain.keys()]);
      for (const [id, one] of plain) same(one, ended.get(id)!, title);
    });
  }

  // One number alone is a logit of yes against no if the caller says so.
  test(`Sigmoid changes no map of a ${score} of yes against no`, async () => {
    const options = { method: METHOD, score, target: 0, outputKind: 'classes' as const };
    const plain = await explained(
      ending(1, (_, y) => y),
      options,
    );
    const ended = await explained(
      ending(1, (e, y) => e.sigmoid(y)),
      options,
    );
    assert.equal([...ended.keys()], [...plain.keys()]);
    for (const [id, one] of plain) same(one, ended.get(id)!, 'Sigmoid');
  });
}

test('each class of a Sigmoid has the probability that the model gives it', async () => {
  const logits = await explained(
    ending(5, (_, y) => y),
    {},
  );
  const ended = await explained(
    ending(5, (e, y) => e.sigmoid(y)),
    {},
  );
  const [{ target: plain }, { target }] = [[...logits.values()][0], [...ended.values()][0]];
  assert.ok(Math.abs(target.score - plain.score) < 1e-6);
  assert.ok(Math.abs(target.probability! - 1 / (1 + Math.exp(-plain.score))) < 1e-6);
});

test('the logit is explained where a Sigmoid is sure to the last digit', async () => {
  const sure = ending(1, (e, y) => e.sigmoid(e.add(y, 60)));
  const found = (await explained(sure, { target: 0 })).get('gradcam')!;
  const [plain] = (
    await explained(
      ending(1, (_, y) => y),
      { target: 0 },
    )
  ).values();
  assert.equal(found.warnings, []);
  same(plain, found, 'Sigmoid');
});

test.run();
