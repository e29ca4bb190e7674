import { CamError } from '../errors.ts';
import type { Volume } from '../kernels/index.ts';
import { random } from '../methods/random.ts';
import type { Scene } from './scene.ts';
import { imageOf } from './maps.ts';

/** The image in another light, and how a map of it is brought back. */
export interface Variant {
  readonly change: (image: Volume) => Float32Array;
  readonly undo: (map: Volume) => Volume;
}

const AS_IT_IS: Variant = { change: ({ data }) => data, undo: (map) => map };

/** The variants of the image whose maps are averaged; one alone is the image itself. @throws CamError BAD_OPTION. */
export function variantsOf(scene: Scene): readonly Variant[] {
  const { smoothNoise, smoothAug } = scene.options;
  if (scene.blank || (smoothNoise === undefined && !smoothAug)) return [AS_IT_IS];
  imageOf(scene); // or there is nothing to change
  const noisy = noiseOf(scene);
  const changed = smoothAug ? AUGMENTED : [AS_IT_IS];
  return noisy.flatMap((noise) =>
    changed.map(({ change, undo }) => ({
      change: (image) => change({ ...image, data: noise.change(image) }),
      undo,
    })),
  );
}

/** n copies with Gaussian noise (Smilkov et al. 2017, arXiv:1706.03825, for any method). */
function noiseOf(scene: Scene): readonly Variant[] {
  const { smoothNoise, seed = 0 } = scene.options;
  if (smoothNoise === undefined) return [AS_IT_IS];
  const { n, sigma } = smoothNoise;
  if (!(Number.isInteger(n) && n > 0 && sigma >= 0 && Number.isFinite(sigma))) {
    throw new CamError(
      'BAD_OPTION',
      `Noise of ${n} copies and deviation ${sigma} is not possible: n is a whole number above 0, sigma a share of the input's range.`,
    );
  }
  const { data } = imageOf(scene);
  const range = data.reduce((a, b) => Math.max(a, b)) - data.reduce((a, b) => Math.min(a, b));
  return Array.from({ length: n }, (_, i) => ({
    change: (image) => {
      const { normal } = random(seed, 'smooth-noise', i);
      return image.data.map((value) => value + sigma * range * normal());
    },
    undo: AS_IT_IS.undo,
  }));
}

const mirrored = (volume: Volume): Volume => {
  const { width } = volume;
  const data = volume.data.map((_, at) => volume.data[at - (at % width) + width - 1 - (at % width)]);
  return { ...volume, data };
};

/** As it is and mirrored, at 0.9, 1 and 1.1 times its values: pytorch-grad-cam's aug_smooth. */
const AUGMENTED: readonly Variant[] = [false, true].flatMap((mirror) =>
  [0.9, 1, 1.1].map((factor) => ({
    change: (image: Volume) => (mirror ? mirrored(image) : image).data.map((value) => factor * value),
    undo: mirror ? mirrored : AS_IT_IS.undo,
  })),
);
