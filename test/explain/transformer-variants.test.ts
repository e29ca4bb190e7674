// One ViT and one Swin, and what onnxruntime's tools make of them (test/cases/transformer-variants/make.py). Fusion changes
// nothing but the order of sums; 8 bits per weight and activation follow the float model's maps.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import { Explainer, type Explanation, type MethodId } from '../../src/index.ts';
import * as assert from '../helpers/assert.ts';
import { relativeError } from '../helpers/fixtures.ts';

const test = suite('quantized and fused transformers have the maps of the float model');

const pathOf = (name: string) =>
  fileURLToPath(new URL(`../cases/transformer-variants/${name}`, import.meta.url));

const VIT: readonly MethodId[] = ['gradcam', 'layercam', 'saliency', 'input-x-gradient', 'legrad', 'rollout'];

const METHODS: Readonly<Record<string, readonly MethodId[]>> = {
  vit: VIT,
  masked: VIT,
  swin: ['gradcam', 'layercam', 'saliency', 'input-x-gradient'],
};

type Agreement = (found: Float32Array, float: Float32Array) => boolean;

const equal: Agreement = (found, float) => relativeError(found, float) < 1e-5;
/** Layers of 8 bits after each other leave 1 to 2 % of a map's variance. */
const follows: Agreement = (found, float) => correlation(found, float) > 0.98;

const TOOLS: Readonly<Record<string, Agreement>> = {
  extended: equal,
  skip: equal,
  'skip-biases': equal,
  dynamic: follows,
  qdq: follows,
  'qdq-old-norms': follows,
  qoperator: follows,
};

/** Attention in one node: with its projections, by heads, as ONNX has it since opset 23, and with lengths as the mask. */
const ATTENTIONS: Readonly<Record<string, Agreement>> = { attention: equal, heads: equal, standard: equal };

const VARIANTS: Readonly<Record<string, Readonly<Record<string, Agreement>>>> = {
  vit: { ...TOOLS, ...ATTENTIONS, 'attention-dynamic': follows },
  swin: TOOLS,
  masked: { ...ATTENTIONS, lengths: equal },
};

const mean = (list: ArrayLike<number>) => Array.from(list).reduce((sum, v) => sum + v / list.length, 0);

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [x, y] = [a, b].map((list) => Array.from(list, (v) => v - mean(list)));
  const dot = (p: readonly number[], q: readonly number[]) => p.reduce((sum, v, i) => sum + v * q[i], 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

async function explain(network: string, variant: string): Promise<readonly Explanation[]> {
  const explainer = await Explainer.load(readFileSync(pathOf(`${network}-${variant}.onnx`)));
  try {
    const options = { method: [...METHODS[network]], class: 1 };
    const { explanations, failures } = await explainer.explainAll(pathOf(`${network}-x.npy`), options);
    assert.equal(failures, []);
    return explanations;
  } finally {
    await explainer.close();
  }
}

for (const network of Object.keys(METHODS)) {
  let float: readonly Explanation[] = [];
  for (const [variant, agrees] of Object.entries(VARIANTS[network])) {
    test(`${network}, ${variant}`, async () => {
      if (float.length === 0) float = await explain(network, 'float');
      const found = await explain(network, variant);
      for (const [i, { raw, layers, method }] of float.entries()) {
        assert.ok(
          raw[0].data.some((value) => value !== 0),
          method,
        );
        // A quantized layer may have a suffix.
        layers.forEach((layer, l) => assert.ok(found[i].layers[l].startsWith(layer), found[i].layers[l]));
        assert.ok(agrees(found[i].raw[0].data, raw[0].data), method);
      }
    });
  }
}

test.run();
