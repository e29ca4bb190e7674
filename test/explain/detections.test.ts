import { suite } from 'uvu';
import { CamError, Explainer, type LoadOptions, overlay } from '../../src/index.ts';
import type { Ref } from '../../src/onnx/emitter.ts';
import { floatTensor } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { withMetadata } from '../helpers/metadata.ts';
import { Draft } from '../network/draft.ts';

// Detectors whose candidates are constants times a number read from the image, so that every box and score is known:
// the image is all ones, and so is the number. Input [1, 3, 32, 32]: a pyramid of strides 8, 16 and 32 has 21 cells.
const SIDE = 32;
const image = floatTensor([1, 3, SIDE, SIDE], new Float32Array(3 * SIDE * SIDE).fill(1));

/** A network with constant outputs, those in `ended` before a Softmax: 1 is the mean of a map [1, 3, 8, 8] over the image. */
function detector(
  outputs: Readonly<Record<string, { dims: readonly number[]; data: readonly number[] }>>,
  ended: readonly string[] = [],
): Uint8Array {
  const { e } = new Draft();
  const map = e.op('AveragePool', [e.input('images', 'float32', [1, 3, SIDE, SIDE])], {
    kernel_shape: [4, 4],
    strides: [4, 4],
  });
  const one = e.reduceMean(map, [0, 1, 2, 3], false);
  for (const [name, { dims, data }] of Object.entries(outputs)) {
    const value: Ref = e.mul(e.constant('float32', dims, data), one);
    e.output(ended.includes(name) ? e.op('Softmax', [value], { axis: -1 }) : value, name);
  }
  return e.bytes(new Map([['', 18]]), 8);
}

/** One map of two by two cells, whose channels are parts [1, C, 2, 2] with a function of their own. */
function map(
  ...parts: readonly (readonly [data: readonly number[], end?: 'Sigmoid' | 'Softmax'])[]
): Uint8Array {
  const { e } = new Draft();
  const one = e.reduceMean(e.input('images', 'float32', [1, 3, SIDE, SIDE]), [0, 1, 2, 3], true);
  const ended = parts.map(([data, end]) => {
    const value: Ref = e.mul(e.constant('float32', [1, data.length / 4, 2, 2], data), one);
    return end ? e.op(end, [value], end === 'Softmax' ? { axis: 1 } : {}) : value;
  });
  e.output(e.op('Concat', ended, { axis: 1 }), 'map');
  return e.bytes(new Map([['', 18]]), 8);
}

/** Candidates as rows: all zero but for those given, by their place. */
const rows = (count: number, fields: number, given: Readonly<Record<number, readonly number[]>>) => {
  const data = new Array<number>(count * fields).fill(0);
  for (const [i, row] of Object.entries(given))
    row.forEach((value, field) => (data[Number(i) * fields + field] = value));
  return { dims: [1, count, fields], data };
};

/** The same with the candidates as columns. */
function columns(count: number, fields: number, given: Readonly<Record<number, readonly number[]>>) {
  const { data } = rows(count, fields, given);
  return {
    dims: [1, fields, count],
    data: data.map((_, at) => data[(at % count) * fields + Math.floor(at / count)]),
  };
}

const LABELS = ['cat', 'dog', 'car'];

interface Design {
  readonly model: Uint8Array;
  readonly labels?: readonly string[];
  /** Class, score and box (x, y, width, height) of each detection. */
  readonly found: readonly (readonly [label: string, score: number, box: readonly number[]])[];
}

const DESIGNS: Readonly<Record<string, Design>> = {
  'YOLOv8 and later: columns of box and scores': {
    model: detector({
      output0: columns(21, 7, {
        3: [10, 12, 4, 6, 0.1, 0.2, 0.9],
        4: [10.5, 12, 4, 6, 0.1, 0.2, 0.7], // overlaps the first
        20: [16, 16, 40, 8, 0.5, 0.1, 0.1], // reaches beyond the image
        5: [20, 20, 4, 4, 0.2, 0.1, 0.1], // below the threshold
      }),
    }),
    labels: LABELS,
    found: [
      ['car', 0.9, [8, 9, 4, 6]],
      ['cat', 0.5, [0, 12, 32, 8]],
    ],
  },
  'YOLOv5: three anchors, rows of box, objectness and scores': {
    model: detector({
      output: rows(63, 8, { 62: [8, 8, 4, 4, 0.8, 0.1, 0.5, 0.2], 0: [24, 24, 2, 2, 0.1, 1, 1, 1] }),
    }),
    labels: LABELS,
    found: [['dog', 0.4, [6, 6, 4, 4]]],
  },
  'YOLOX: cells, logarithms of sizes': {
    // candidate 17 is cell (0, 1) of stride 16: center (0.5 + 1, 0.25 + 0) · 16, size e^0 · 16 and e^−1 · 16
    model: detector({ output: rows(21, 8, { 17: [0.5, 0.25, 0, -1, 1, 0.1, 0.1, 0.75] }) }),
    labels: LABELS,
    found: [['car', 0.75, [16, 4 - 8 / Math.E, 16, 16 / Math.E]]],
  },
  'FastestDet: a map of objectness, box and classes': {
    // cell (0, 1) of stride 16: center (0 + 1, tanh 1 + 0) · 16, size σ(0) and σ(ln 3) of 32; σ(ln 9) = 0.9
    model: map(
      [[-9, Math.log(9), -9, -9], 'Sigmoid'],
      [[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, Math.log(3), 0, 0]],
      [[0, 0, 0, 0, 0, Math.log(6), 0, 0, 0, 0, 0, 0], 'Softmax'],
    ),
    labels: LABELS,
    found: [['dog', 0.9 ** 0.6 * (6 / 8) ** 0.4, [16 - 8, 16 * Math.tanh(1) - 12, 16, 24]]],
  },
  'YOLOX: a map of box, objectness and classes': {
    // cell (1, 0) of stride 16: center (0.5 + 0, 0.5 + 1) · 16, size e^−1 · 16 and e^0 · 16
    model: map(
      [[0, 0, 0.5, 0, 0, 0, 0.5, 0, 0, 0, -1, 0, 0, 0, 0, 0]],
      [[-9, -9, Math.log(9), -9], 'Sigmoid'],
      [[-9, -9, -9, -9, -9, -9, -9, -9, -9, -9, Math.log(3), -9], 'Sigmoid'],
    ),
    labels: LABELS,
    found: [['car', 0.9 * 0.75, [8 - 8 / Math.E, 24 - 8, 16 / Math.E, 16]]],
  },
  'end to end: corners, score, class': {
    model: detector({ output0: rows(100, 6, { 0: [1, 2, 5, 8, 0.9, 2], 1: [0, 0, 4, 4, 0.6, 0] }) }),
    labels: LABELS,
    found: [
      ['car', 0.9, [1, 2, 4, 6]],
      ['cat', 0.6, [0, 0, 4, 4]],
    ],
  },
  'boxes and scores apart, in shares of the image': {
    model: detector({
      boxes: { dims: [1, 2, 4], data: [0.25, 0.5, 0.5, 1, 0, 0, 1, 0.5] },
      scores: { dims: [1, 2, 3], data: [0, 0.75, 0, 0.5, 0, 0] },
    }),
    labels: LABELS,
    found: [
      ['dog', 0.75, [8, 16, 8, 16]],
      ['cat', 0.5, [0, 0, 32, 16]],
    ],
  },
  'boxes, scores and labels after suppression': {
    model: detector({
      boxes: { dims: [2, 4], data: [4, 4, 8, 12, 0, 0, 16, 16] },
      labels: { dims: [2], data: [1, 0] },
      scores: { dims: [2], data: [0.5, 0.75] },
    }),
    labels: LABELS,
    found: [
      ['cat', 0.75, [0, 0, 16, 16]],
      ['dog', 0.5, [4, 4, 4, 8]],
    ],
  },
  'a Softmax leaves room for a background class, which is not a detection': {
    model: detector(
      {
        boxes: { dims: [1, 2, 4], data: [4, 4, 8, 12, 0, 0, 16, 16] },
        scores: { dims: [1, 2, 2], data: [0, Math.log(3), Math.log(9), 0] },
      },
      ['scores'],
    ),
    found: [['1', 0.75, [4, 4, 4, 8]]],
  },
  'without labels, classes have numbers': {
    model: detector({ output0: columns(21, 6, { 2: [4, 4, 2, 2, 0.25, 0.5] }) }),
    found: [['1', 0.5, [3, 3, 2, 2]]],
  },
};

const finds = suite('detections');

async function withModel(
  model: Uint8Array,
  options: LoadOptions,
  work: (explainer: Explainer) => Promise<void>,
): Promise<void> {
  const explainer = await Explainer.load(model, options);
  try {
    await work(explainer);
  } finally {
    await explainer.close();
  }
}

const close = (a: number, b: number) => Math.abs(a - b) < 1e-4;

for (const [title, { model, labels, found }] of Object.entries(DESIGNS)) {
  finds(title, () =>
    withModel(model, { labels }, async (explainer) => {
      const { explanations, detections, output, prediction } = await explainer.explainAll(image, {
        method: 'layercam',
        top: found.length,
      });
      assert.is(output.kind, 'detections');
      assert.equal(
        detections.map(({ label }) => label),
        found.map(([label]) => label),
      );
      detections.forEach(({ score, box }, i) => {
        const [, wanted, sides] = found[i];
        assert.ok(close(score, wanted), `score ${score}`);
        [box.x, box.y, box.width, box.height].forEach((side, k) =>
          assert.ok(close(side, sides[k]), `box ${side}`),
        );
      });
      assert.is(prediction[0].label, found[0][0]);
      explanations.forEach(({ target, raw }, i) => {
        assert.equal(target.detection, detections[i]);
        assert.is(target.label, `detection:${i}`);
        assert.ok(raw[0].data.some((value) => value > 0));
      });
    }),
  );
}

const YOLO = DESIGNS['YOLOv8 and later: columns of box and scores'];

finds('a class is explained by its strongest candidate, also below the threshold', () =>
  withModel(YOLO.model, { labels: LABELS }, async (explainer) => {
    const { target, raw } = await explainer.explain(image, { class: 'dog' });
    assert.ok(close(target.score, 0.2));
    assert.equal([target.index, target.label, target.detection?.label], [1, 'dog', 'dog']);
    const element = await explainer.explain(image, { target: 'output0[0, 5, 3]' });
    assert.equal([...raw[0].data], [...element.raw[0].data]);
  }),
);

finds('the score is a product with the objectness, and so is its gradient', () =>
  withModel(
    DESIGNS['YOLOv5: three anchors, rows of box, objectness and scores'].model,
    { labels: LABELS },
    async (explainer) => {
      const options = { method: 'saliency', tensors: true } as const;
      const { target, tensors } = await explainer.explain(image, { ...options, class: 'dog' });
      assert.ok(close(target.score, 0.4));
      // s = 0.8 m · 0.5 m with m the mean of the image: ∂s/∂x = 2 · 0.4 · ∂m/∂x
      const slope = (2 * 0.4) / image.data.length;
      for (const value of tensors!.inputGradient!.data) assert.ok(Math.abs(value - slope) < 1e-7);
    },
  ),
);

finds('detections of a model that suppresses by itself may overlap', () =>
  withModel(
    detector({ output0: rows(100, 6, { 0: [0, 0, 8, 8, 0.9, 2], 1: [0, 0, 8, 9, 0.6, 2] }) }),
    { labels: LABELS },
    async (explainer) => {
      const { detections } = await explainer.explain(image, { class: 'car', method: 'layercam' });
      assert.is(detections.length, 2);
    },
  ),
);

finds('if nothing was detected, only methods that need no score explain', () =>
  withModel(detector({ output0: rows(100, 6, {}) }), { labels: LABELS }, async (explainer) => {
    for (const options of [{}, { top: 3 }] as const) {
      const { explanations, failures, detections } = await explainer.explainAll(image, {
        ...options,
        method: ['layercam', 'eigencam'],
      });
      assert.equal(detections, []);
      assert.equal(
        explanations.map(({ method }) => method),
        ['eigencam'],
      );
      assert.equal(
        failures.map(({ method }) => method),
        ['layercam'],
      );
      assert.match(failures[0].error.message, /Nothing was detected in this image/);
    }
    const error = await explainer.explain(image, { class: 'car' }).catch((e: unknown) => e);
    assert.match((error as CamError).message, /No detection in this image is of class car/);
  }),
);

finds('a detection is chosen by a place in the image', () =>
  withModel(YOLO.model, { labels: LABELS }, async (explainer) => {
    const { target } = await explainer.explain(image, { target: 'detection@30,13' });
    assert.is(target.detection?.label, 'cat');
    for (const [target, message] of [
      ['detection@30,30', /no detection at 30, 30\. This image has 2 detections/],
      ['detection:2', /no detection 2\. This image has 2 detections/],
      ['class:0@predicted', /holds detections, not pixels/],
    ] as const) {
      const error = await explainer.explain(image, { target }).catch((e: unknown) => e);
      assert.instance(error, CamError);
      assert.is((error as CamError).code, 'BAD_TARGET');
      assert.match((error as CamError).message, message);
    }
    const unknown = await explainer.explain(image, { class: 3 }).catch((e: unknown) => e);
    assert.is((unknown as CamError).code, 'UNKNOWN_CLASS');
  }),
);

finds('the picture shows the box', () =>
  withModel(YOLO.model, { labels: LABELS }, async (explainer) => {
    const explanation = await explainer.explain(image, { class: 'car' });
    const { data, width } = await overlay(explanation);
    const at = (x: number, y: number) => [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)];
    assert.equal(at(8, 9), [255, 255, 255]); // the corner of x 8..12, y 9..15
    assert.equal(at(7, 8), [0, 0, 0]);
    assert.not.equal(at(20, 25), [255, 255, 255]);
  }),
);

finds('more numbers may follow the class, such as those of a mask, if the caller says what it is', () =>
  withModel(
    detector({ out: rows(100, 38, { 1: [1, 2, 5, 8, 0.9, 2, ...new Array<number>(32).fill(3)] }) }),
    {},
    async (explainer) => {
      const { detections } = await explainer.explain(image, { outputKind: 'detections', method: 'layercam' });
      assert.equal(
        detections.map(({ class: index, score }) => [index, Number(score.toFixed(4))]),
        [[2, 0.9]],
      );
    },
  ),
);

// 8 by 2 turned by 30° and by 90°, in the layouts of Ultralytics' task obb.
const TURNED = [Math.PI / 6, Math.PI / 2];
const ROTATED = {
  'as columns': columns(21, 6, { 2: [16, 16, 8, 2, 0.9, TURNED[0]], 9: [6, 6, 8, 2, 0.8, TURNED[1]] }),
  'end to end': rows(300, 7, {
    0: [16, 16, 8, 2, 0.9, 0, TURNED[0]],
    1: [6, 6, 8, 2, 0.8, 0, TURNED[1]],
  }),
};
for (const [title, output0] of Object.entries(ROTATED)) {
  finds(`rotated boxes ${title} are shown by the upright box around them`, () =>
    withModel(
      withMetadata(detector({ output0 }), { task: 'obb', names: "{0: 'ship'}" }),
      {},
      async (explainer) => {
        const { detections } = await explainer.explain(image, { method: 'layercam' });
        const wanted = [
          [16, 16, 8 * Math.cos(TURNED[0]) + 1, 4 + 2 * Math.cos(TURNED[0])],
          [6, 6, 2, 8],
        ];
        assert.is(detections.length, 2);
        detections.forEach(({ label, box }, i) => {
          assert.is(label, 'ship');
          const [x, y, width, height] = wanted[i];
          [x - width / 2, y - height / 2, width, height].forEach((side, k) =>
            assert.ok(close([box.x, box.y, box.width, box.height][k], side)),
          );
        });
      },
    ),
  );
}

finds('a layout that is not known says which target to write', () =>
  withModel(
    detector({ out: { dims: [1, 85, 2, 2], data: new Array<number>(340).fill(0.1) } }),
    {},
    async (explainer) => {
      const error = await explainer.explain(image, { outputKind: 'detections' }).catch((e: unknown) => e);
      assert.equal([(error as CamError).code, (error as CamError).option], ['BAD_OPTION', 'outputKind']);
      assert.match((error as CamError).message, /`target`, such as max\(output\[0, :, :, :\]\)/);
    },
  ),
);

const LEVELS: Readonly<Record<string, (cells: number) => readonly number[]>> = {
  'channels of three anchors': (cells) => [1, 18, cells, cells],
  'an axis of anchors': (cells) => [1, 3, cells, cells, 6],
};
for (const [title, dimsOf] of Object.entries(LEVELS)) {
  finds(`levels before decoding say which target to write: ${title}`, () => {
    const level = (cells: number) => ({ dims: dimsOf(cells), data: [...Array(18 * cells * cells).keys()] });
    return withModel(
      detector({ p3: level(4), p4: level(2), p5: level(1) }),
      { labels: ['cat'] },
      async (explainer) => {
        for (const options of [{}, { class: 'cat' }, { target: 'detection:0' }] as const) {
          const error = await explainer.explain(image, options).catch((e: unknown) => e);
          assert.equal([(error as CamError).code, (error as CamError).option], ['BAD_TARGET', 'target']);
          assert.match((error as CamError).message, /"p3".*such as max\(output\[0, :, /);
        }
        const whole = `max(p4[0${', :'.repeat(dimsOf(1).length - 1)}])`;
        const { target, output } = await explainer.explain(image, { target: whole });
        assert.is(output.kind, 'detections');
        assert.ok(close(target.score, 71));
      },
    );
  });
}

finds.run();
