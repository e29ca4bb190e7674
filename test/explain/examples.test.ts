import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { Explainer } from '../../src/index.ts';
import * as assert from '../helpers/assert.ts';

// The example pictures were computed, so it is known to the pixel where their objects are.
const test = suite('the built-in model looks at the object');

interface Thing {
  label: string;
  box: [x: number, y: number, width: number, height: number];
}

const folder = new URL('../../examples/', import.meta.url);
const { images } = JSON.parse(readFileSync(new URL('boxes.json', folder), 'utf8')) as {
  images: Record<string, Thing[]>;
};

let explainer: Explainer;
test.before(async () => {
  explainer = await Explainer.load();
});
test.after(() => explainer.close());

for (const [name, things] of Object.entries(images)) {
  test(`${name}: the best class is in the picture`, async () => {
    const { prediction } = await explainer.explainAll(readFileSync(new URL(name, folder)));
    assert.ok(things.some(({ label }) => label === prediction[0].label));
  });

  for (const { label, box } of things) {
    test(`${name}: ${label}`, async () => {
      const [x, y, width, height] = box;
      const { explanations } = await explainer.explainAll(readFileSync(new URL(name, folder)), {
        method: ['cam', 'gradcam', 'gradcampp', 'layercam'],
        target: label,
      });
      assert.is(explanations.length, 4);
      for (const { method, heatmap } of explanations) {
        const at = heatmap.data.indexOf(1);
        const [column, row] = [at % heatmap.width, Math.floor(at / heatmap.width)];
        const inside = column >= x && column < x + width && row >= y && row < y + height;
        assert.ok(at >= 0 && inside, `${method} points to ${column}, ${row}`);
      }
    });
  }
}

test.run();
