import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { Explainer, type Plane } from '../../src/index.ts';
import * as assert from '../helpers/assert.ts';

// The scenes were drawn, so the box of each object is known to the pixel. Its probability, and where CAM has its
// maximum and its energy, were computed in Python: Pillow, onnxruntime, NumPy.
const test = suite('the built-in model, from the JPEG to the map');

interface Thing {
  label: string;
  box: [x: number, y: number, width: number, height: number];
  /** The class, and its rank among all. */
  index: number;
  rank: number;
  probability: number;
  /** Column and row. */
  maximum: [x: number, y: number];
  /** Share of the heatmap's sum in the box. */
  energy: number;
}

const folder = new URL('../../examples/', import.meta.url);
const { images } = JSON.parse(readFileSync(new URL('boxes.json', folder), 'utf8')) as {
  images: Record<string, Thing[]>;
};
const scene = (name: string) => readFileSync(new URL(name, folder));

let explainer: Explainer;
test.before(async () => {
  explainer = await Explainer.load();
});
test.after(() => explainer.close());

type Inside = (column: number, row: number) => boolean;

/** Whether a pixel is in a box that is wider by `margin` on each side. */
const inBox =
  ([x, y, width, height]: Thing['box'], margin = 0): Inside =>
  (column, row) =>
    column >= x - margin && column < x + width + margin && row >= y - margin && row < y + height + margin;

const position = (at: number, { width }: Plane): [column: number, row: number] => [
  at % width,
  Math.floor(at / width),
];

/** Share of a map's sum that lies inside. */
function energyOf(map: Plane, inside: Inside): number {
  const sum = (of: ArrayLike<number>) => Array.from(of).reduce((a, b) => a + b, 0);
  return sum(map.data.map((value, at) => (inside(...position(at, map)) ? value : 0))) / sum(map.data);
}

for (const [name, things] of Object.entries(images)) {
  for (const { label, box, index, rank, ...expected } of things) {
    test(`${name}: ${label} as in Python`, async () => {
      const options = { method: 'cam', class: index };
      const { prediction, target, heatmap } = await explainer.explain(scene(name), options);
      assert.is(prediction[rank].index, index);
      const off = Math.abs(target.probability! - expected.probability);
      assert.ok(off < 0.01, `probability ${target.probability}`);
      const maximum = position(heatmap.data.indexOf(1), heatmap);
      assert.ok(
        maximum.every((at, axis) => Math.abs(at - expected.maximum[axis]) <= 2),
        `maximum at ${maximum.join()}`,
      );
      const energy = energyOf(heatmap, inBox(box));
      assert.ok(Math.abs(energy - expected.energy) < 0.02, `energy ${energy}`);
    });

    test(`${name}: the maximum is on the ${label}`, async () => {
      const { explanations } = await explainer.explainAll(scene(name), {
        method: ['cam', 'gradcam', 'hirescam'],
        class: index,
      });
      assert.is(explanations.length, 3);
      for (const { method, heatmap, raw } of explanations) {
        const at = position(heatmap.data.indexOf(1), heatmap);
        const halfCell = heatmap.width / raw[0].width / 2;
        assert.ok(inBox(box, halfCell)(...at), `${method} points to ${at.join()}`);
      }
    });
  }
}

test('the best class is a guess where it is below the threshold of the model', async () => {
  const { unsure_below: threshold } = JSON.parse(
    readFileSync(new URL('../models/config.json', folder), 'utf8'),
  ) as { unsure_below: number };
  for (const [name, things] of Object.entries(images)) {
    const best = things.find(({ rank }) => rank === 0)!;
    assert.is((await explainer.explain(scene(name))).confident, best.probability >= threshold, name);
  }
});

test.run();
