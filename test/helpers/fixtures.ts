import { readdirSync, readFileSync } from 'node:fs';
import { readNpy } from '../../src/image/npy.ts';
import { type FloatTensor, floatTensor } from '../../src/runtime/tensor.ts';

/** One of the tiny networks in test/fixtures, with what PyTorch and pytorch-grad-cam compute for it. */
export interface Fixture {
  readonly name: string;
  readonly layer: string;
  readonly target: number;
  readonly layout: 'nchw' | 'nhwc' | 'tokens';
  readonly opset: number;
  /** Methods with a reference map. */
  readonly methods: readonly string[];
  readonly score: 'logit' | 'probability';
  readonly model: Uint8Array;
  /** One of the folder's .npy files. */
  readonly tensor: (file: string) => FloatTensor;
}

const folder = new URL('../fixtures/', import.meta.url);

export const fixtureNames = (): string[] => readdirSync(folder).sort();

export function fixture(name: string): Fixture {
  const place = new URL(`${name}/`, folder);
  const meta = JSON.parse(readFileSync(new URL('meta.json', place), 'utf8')) as Omit<
    Fixture,
    'model' | 'score'
  >;
  return {
    ...meta,
    // `lrn` ends in Softmax, and its references explain the probability.
    score: name === 'lrn' ? 'probability' : 'logit',
    model: readFileSync(new URL('model.onnx', place)),
    tensor: (file) => {
      const { dims, data } = readNpy(readFileSync(new URL(`${file}.npy`, place)));
      return floatTensor(dims, data);
    },
  };
}

/** Largest difference, relative to the reference's largest magnitude. */
export function relativeError(found: ArrayLike<number>, reference: ArrayLike<number>): number {
  if (found.length !== reference.length) return Infinity;
  let [difference, scale] = [0, 0];
  for (let i = 0; i < found.length; i++) {
    difference = Math.max(difference, Math.abs(found[i] - reference[i]));
    scale = Math.max(scale, Math.abs(reference[i]));
    if (Number.isNaN(found[i])) return Infinity;
  }
  return difference / (scale || 1);
}
