import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { encode } from '../../src/image/encode.ts';
import { writeNpy } from '../../src/image/npy.ts';
import { CamError, type ErrorCode, Explainer, type ExplainOptions } from '../../src/index.ts';
import { createSession } from '../../src/runtime/session.ts';
import { type FloatTensor, floatTensor, sizeOf, type Tensor } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { normal } from '../helpers/random.ts';
import {
  detection,
  detectionMap,
  embedding,
  IMAGE,
  questionAnswering,
  segmentation,
  twoOutputs,
} from './models.ts';

const image = (seed = 1): FloatTensor => {
  const draw = normal(seed);
  return floatTensor(
    IMAGE,
    Float32Array.from({ length: sizeOf(IMAGE) }, () => draw()),
  );
};

/** What the model says of an image, by onnxruntime-web alone. */
async function outputs(model: Uint8Array, feeds: Record<string, Tensor>): Promise<Record<string, number[]>> {
  const session = await createSession(model);
  const results = await session.run(
    feeds,
    session.outputs.map(({ name }) => name),
  );
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float32Array, Number)]),
  );
}

const close = (a: number, b: number) => Math.abs(a - b) <= 1e-5 * (1 + Math.abs(b));
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const cosine = (a: readonly number[], b: readonly number[]) => {
  const dot = (x: readonly number[], y: readonly number[]) => sum(x.map((value, i) => value * y[i]));
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

const folder = mkdtempSync(join(tmpdir(), 'camwasm-'));
/** A mask that is white on its right half, twice as large as the output's grid of 6 x 8. */
const mask = join(folder, 'right half.png');
const bytes = Uint8ClampedArray.from({ length: 16 * 12 * 4 }, (_, i) =>
  i % 4 === 3 || Math.floor(i / 4) % 16 >= 8 ? 255 : 0,
);
const black = join(folder, 'black.png');
const other = join(folder, 'other.npy');

const PIXELS = 48;
const plane = (y: readonly number[], c: number) => y.slice(c * PIXELS, (c + 1) * PIXELS);
const column = (y: readonly number[], c: number) => y.filter((_, i) => i % 7 === c);

interface Case {
  readonly model: () => Uint8Array;
  readonly options: ExplainOptions;
  /** What the score is, by hand, from the model's outputs. */
  readonly expected: (y: Record<string, number[]>) => number | Promise<number>;
}

const question: Tensor = { type: 'int64', dims: [1, 3], data: BigInt64Array.of(4n, 9n, 1n) };

const CASES: Record<string, Case> = {
  'a class over all pixels': {
    model: segmentation,
    options: { target: 2 },
    expected: ({ logits }) => sum(plane(logits, 2)),
  },
  'a class over the pixels where it wins': {
    model: segmentation,
    options: { target: 'class:2@predicted' },
    expected: ({ logits }) =>
      sum(plane(logits, 2).filter((score, at) => [0, 1, 3].every((c) => plane(logits, c)[at] < score))),
  },
  'a class over a mask': {
    model: segmentation,
    options: { target: `class:2@${mask}` },
    // Halved, the mask's pixels are weighed 1/8, 3/8, 3/8, 1/8: two columns see both sides of its edge.
    expected: ({ logits }) =>
      sum(plane(logits, 2).map((score, at) => score * [0, 0, 0, 1 / 8, 7 / 8, 1, 1, 1][at % 8])),
  },
  'a mean over a channel': {
    model: segmentation,
    options: { target: 'mean(output[0,3,:,:])' },
    expected: ({ logits }) => sum(plane(logits, 3)) / PIXELS,
  },
  'how much one class exceeds another': {
    model: segmentation,
    options: { target: 'class:0-class:3' },
    expected: ({ logits }) => sum(plane(logits, 0)) - sum(plane(logits, 3)),
  },
  'one detection': {
    model: detection,
    options: { target: 'output[0,17,5]' },
    expected: ({ detections }) => detections[17 * 7 + 5],
  },
  'the strongest detection of a class': {
    model: detection,
    options: { target: 'max(output[0,:,-1])' },
    expected: ({ detections }) => Math.max(...column(detections, 6)),
  },
  'a cell of a detection map': {
    model: detectionMap,
    options: { target: 'map[0,-2,4,3]' },
    expected: ({ map }) => plane(map, 5)[4 * 8 + 3],
  },
  'an answer to a question': {
    model: questionAnswering,
    options: { target: 1, inputs: { question: { dims: [1, 3], data: [4, 9, 1] } } },
    expected: ({ answers }) => answers[1],
  },
  'similarity with another image': {
    model: embedding,
    options: { target: `similar:${other}` },
    expected: async ({ embedding: mine }) =>
      cosine(mine, (await outputs(embedding(), { image: image(2) })).embedding),
  },
  'similarity with an image in memory': {
    model: segmentation,
    options: { target: { similar: image(2) } },
    // A dense output is averaged over its pixels.
    expected: async ({ logits }) => {
      const pooled = (y: readonly number[]) => [0, 1, 2, 3].map((c) => sum(plane(y, c)) / PIXELS);
      return cosine(pooled(logits), pooled((await outputs(segmentation(), { image: image(2) })).logits));
    },
  },
  'the logit before a Softmax': {
    model: twoOutputs,
    options: { target: 'class:1-class:0' },
    expected: ({ scores }) => Math.log(scores[1] / scores[0]),
  },
  'the probability behind it': {
    model: twoOutputs,
    options: { target: 'scores[0,1]', score: 'probability' },
    expected: ({ scores }) => scores[1],
  },
  'an element of the output that the target names': {
    model: twoOutputs,
    options: { target: 'boxes[0,1,-1]' },
    expected: ({ boxes }) => boxes[3],
  },
  'an element of the output that the call names': {
    model: twoOutputs,
    options: { target: 'sum(output[0,:1,:])', output: 'boxes' },
    expected: ({ boxes }) => boxes[0] + boxes[1],
  },
};

const models = suite('targets of models');

models.before(async () => {
  writeFileSync(mask, await encode({ data: bytes, width: 16, height: 12 }, 'png'));
  const dark = bytes.map((value, i) => (i % 4 === 3 ? value : 0));
  writeFileSync(black, await encode({ data: dark, width: 16, height: 12 }, 'png'));
  writeFileSync(other, writeNpy(IMAGE, image(2).data));
});
models.after(() => rmSync(folder, { recursive: true }));

for (const [name, { model, options, expected }] of Object.entries(CASES)) {
  models(`${name}: the score is what the outputs say, and the gradient is its slope`, async () => {
    const explainer = await Explainer.load(model());
    const x = image();
    const feeds = { image: x, ...(options.inputs && { question }) };
    const found = await explainer.explain(x, { ...options, method: 'saliency', tensors: true });
    const { score } = found.target;
    const wanted = await expected(await outputs(model(), feeds));
    assert.ok(close(score, wanted), `${score}, by hand ${wanted}`);
    const gradient = found.tensors!.inputGradient!.data;
    const draw = normal(3);
    const direction = Float32Array.from(gradient, () => draw());
    const at = async (step: number) => {
      const moved = floatTensor(
        IMAGE,
        x.data.map((value, i) => value + step * direction[i]),
      );
      return (await explainer.explain(moved, { ...options, method: 'saliency' })).target.score;
    };
    const h = 1 / 256;
    const slope =
      (8 * ((await at(h)) - (await at(-h))) - ((await at(2 * h)) - (await at(-2 * h)))) / (12 * h);
    const product = gradient.reduce((total, value, i) => total + value * direction[i], 0);
    const scale = gradient.reduce((total, value, i) => total + Math.abs(value * direction[i]), 0);
    assert.ok(Math.abs(slope - product) <= 1e-3 * scale, `${product}, by difference ${slope}`);
    await explainer.close();
  });
}

models('what is explained is called as it was said', async () => {
  const explainer = await Explainer.load(segmentation(), { labels: ['sky', 'sea', 'sand', 'sun'] });
  const { explanations } = await explainer.explainAll(image(), {
    target: ['sea', 'class:2', 'class:sun@predicted', 'max(output[0,1,:,:])', { index: [0, 3, 5, 7] }],
  });
  assert.equal(
    explanations.map(({ target: { index, label } }) => [index, label]),
    [
      [1, 'sea'],
      [2, 'sand'],
      [undefined, 'class:sun@predicted'],
      [undefined, 'max(output[0, 1, :, :])'],
      [undefined, 'output[0, 3, 5, 7]'],
    ],
  );
  await explainer.close();
});

models('further inputs are repeated for the images of a batch', async () => {
  const explainer = await Explainer.load(questionAnswering());
  const maps = [];
  for (const batchSize of [1, 3]) {
    const inputs = { question: { dims: [1, 3], data: [4, 9, 1] } };
    maps.push(await explainer.explain(image(), { method: 'scorecam', target: 1, inputs, batchSize }));
  }
  const [alone, together] = maps.map(({ raw }) => raw[0].data);
  assert.ok(alone.some((value) => value !== 0));
  alone.forEach((value, i) => assert.ok(close(together[i], value), `${together[i]}, alone ${value}`));
  await explainer.close();
});

models('another question of another length is another explanation', async () => {
  const explainer = await Explainer.load(questionAnswering());
  const ask = async (...data: number[]) => {
    const inputs = { question: { dims: [1, data.length], data } };
    const [{ target }] = (await explainer.explainAll(image(), { target: 1, inputs })).explanations;
    const ids = { type: 'int64', dims: [1, data.length], data: BigInt64Array.from(data, BigInt) } as const;
    const { answers } = await outputs(questionAnswering(), { image: image(), question: ids });
    assert.ok(close(target.score, answers[1]));
  };
  await ask(4, 9, 1);
  await ask(2, 2, 7);
  await ask(5, 0);
  await explainer.close();
});

interface Refusal {
  readonly model: () => Uint8Array;
  readonly options: ExplainOptions;
  readonly code: ErrorCode;
  readonly message: RegExp;
}

const refuse = (
  model: () => Uint8Array,
  options: ExplainOptions,
  code: ErrorCode,
  message: RegExp,
): Refusal => ({ model, options, code, message });

const target = (text: string) => ({ target: text });
const inputs = (given: ExplainOptions['inputs']) => ({ inputs: given });

const REFUSED: Record<string, Refusal> = {
  'too few positions': refuse(
    segmentation,
    target('output[0,1]'),
    'BAD_TARGET',
    /2 positions.*4 axes.*\[1, 4, 6, 8\]/,
  ),
  'a position outside': refuse(
    segmentation,
    target('output[0,1,6,0]'),
    'BAD_TARGET',
    /position 3 is out of range/,
  ),
  'an empty range': refuse(segmentation, target('sum(output[0,1,3:3,0])'), 'BAD_TARGET', /position 3/),
  'several elements that make no number': refuse(
    segmentation,
    target('output[0,1,:,0]'),
    'BAD_TARGET',
    /6 elements.*mean\(output\[0, 1, :, 0\]\)/,
  ),
  'a mask where there are no pixels': refuse(embedding, target(`class:1@${mask}`), 'BAD_TARGET', /one score/),
  'a mask on a list': refuse(
    detection,
    target(`class:1@${mask}`),
    'BAD_TARGET',
    /holds detections, not pixels/,
  ),
  'a mask that is all black': refuse(
    segmentation,
    target(`class:1@${black}`),
    'BAD_TARGET',
    /black on all 8 x 6 pixels/,
  ),
  'a mask that is no picture': refuse(
    segmentation,
    target(`class:1@${other}`),
    'BAD_TARGET',
    /must be an image/,
  ),
  'a file that is not there': refuse(embedding, target('similar:no/such.png'), 'BAD_TARGET', /no\/such\.png/),
  'a vector of another length': refuse(
    embedding,
    { target: { similar: new Float32Array(3) } },
    'BAD_TARGET',
    /3 numbers.*has 4/,
  ),
  'a class that is not there': refuse(segmentation, target('class:4@predicted'), 'UNKNOWN_CLASS', /0 to 3/),
  'two outputs at once': refuse(
    twoOutputs,
    target('boxes[0,0,0]-scores[0,1]'),
    'BAD_TARGET',
    /"boxes" and "scores"/,
  ),
  'an output that is not there': refuse(
    twoOutputs,
    target('score[0,1]'),
    'BAD_OPTION',
    /Did you mean "scores".*best, scores, boxes/,
  ),
  'a missing input': refuse(
    questionAnswering,
    {},
    'BAD_OPTION',
    /besides the image "image": "question" \(int64 \[N, L\]\).*`inputs`/,
  ),
  'an input that is not there': refuse(
    questionAnswering,
    inputs({ questions: { dims: [1], data: [1] } }),
    'BAD_OPTION',
    /Did you mean "question"/,
  ),
  'an input of another shape': refuse(
    questionAnswering,
    inputs({ question: { dims: [3], data: [1, 2, 3] } }),
    'BAD_OPTION',
    /"question" \(int64 \[N, L\]\).*\[3\]/,
  ),
  'the image among the further inputs': refuse(
    embedding,
    inputs({ image: { dims: [...IMAGE], data: image().data } }),
    'BAD_OPTION',
    /is the image input/,
  ),
};

for (const [name, { model, options, code, message }] of Object.entries(REFUSED)) {
  models(`refuses ${name}`, async () => {
    const explainer = await Explainer.load(model());
    try {
      await explainer.explain(image(), options);
      assert.unreachable(`no ${code}`);
    } catch (error) {
      assert.instance(error, CamError);
      assert.is((error as CamError).code, code);
      assert.match((error as CamError).message, message);
    }
    await explainer.close();
  });
}

models.run();
