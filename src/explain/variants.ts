import type { Volume } from '../kernels/index.ts';
import { spanOf } from '../methods/arrays.ts';
import { random } from '../methods/random.ts';
import type { ExplainOptions } from '../types.ts';

/** A changed image, with the inverse for its map. */
export interface Variant {
  readonly change: (image: Volume) => Float32Array;
  readonly undo: (map: Volume) => Volume;
}

export type VariantOptions = Pick<ExplainOptions, 'smoothNoise' | 'smoothAug' | 'seed'>;

const UNCHANGED: Variant = { change: ({ data }) => data, undo: (map) => map };

/** Variants of the image whose maps are averaged; none to explain the image itself. */
export function variantsOf(
  image: () => Volume,
  { smoothNoise, smoothAug, seed = 0 }: VariantOptions,
): readonly Variant[] {
  if (smoothNoise === undefined && !smoothAug) return [];
  const noisy = smoothNoise ? noiseVariants(image(), smoothNoise, seed) : [UNCHANGED];
  const augmented = smoothAug ? AUGMENTED : [UNCHANGED];
  return noisy.flatMap((noise) =>
    augmented.map(({ change, undo }) => ({
      change: (volume) => change({ ...volume, data: noise.change(volume) }),
      undo,
    })),
  );
}

/** n copies with Gaussian noise (Smilkov et al. 2017, arXiv:1706.03825, for any method). */
function noiseVariants(
  { data }: Volume,
  { n, sigma }: NonNullable<ExplainOptions['smoothNoise']>,
  seed: number,
): readonly Variant[] {
  const deviation = sigma * spanOf(data);
  return Array.from({ length: n }, (_, i) => ({
    change: (volume) => {
      const { normal } = random(seed, 'smooth-noise', i);
      return volume.data.map((value) => value + deviation * normal());
    },
    undo: UNCHANGED.undo,
  }));
}

const mirrored = (volume: Volume): Volume => {
  const { width } = volume;
  const data = volume.data.map((_, at) => volume.data[at - (at % width) + width - 1 - (at % width)]);
  return { ...volume, data };
};

/** The image and its mirror image, with values multiplied by 0.9, 1 and 1.1: pytorch-grad-cam's aug_smooth. */
const AUGMENTED: readonly Variant[] = [false, true].flatMap((mirror) =>
  [0.9, 1, 1.1].map((factor) => ({
    change: (image: Volume) => (mirror ? mirrored(image) : image).data.map((value) => factor * value),
    undo: mirror ? mirrored : UNCHANGED.undo,
  })),
);
