import { positionsOf, type Volume } from '../kernels/index.ts';
import { blurred } from './blur.ts';

/** Baseline images without content. `zero` is 0 after normalization, usually the mean color of the training set. */
export const BASELINES = ['zero', 'black', 'white', 'mean', 'blur'] as const;
/** Id of a baseline image: 0 after normalization, black, white, the image's mean color, or the blurred image. */
export type Baseline = (typeof BASELINES)[number];

/** Values of black and white in each channel of the model's input. */
export interface Extremes {
  readonly black: readonly number[];
  readonly white: readonly number[];
}

/**
 * Standard deviation of the blur as a share of the longer side: 50 of 224 pixels, truncated at half of that (Zhang et
 * al. 2021, arXiv:2103.13859).
 */
const DEVIATION = 50 / 224;
const CUT = 0.5;

/** The baseline input [C, H, W]. `mean` is the mean color of the image. */
export function baselineOf(kind: Baseline, input: Volume, extremes: Extremes): Float32Array {
  const size = positionsOf(input);
  const filled = (color: (channel: number) => number): Float32Array =>
    input.data.map((_, at) => color(Math.floor(at / size)));
  const makers: Readonly<Record<Baseline, () => Float32Array>> = {
    zero: () => filled(() => 0),
    black: () => filled((c) => extremes.black[c]),
    white: () => filled((c) => extremes.white[c]),
    mean: () => {
      const means = Array.from({ length: input.channels }, (_, c) =>
        input.data.subarray(c * size, (c + 1) * size).reduce((sum, v) => sum + v / size, 0),
      );
      return filled((c) => means[c]);
    },
    blur: () => blurred(input, DEVIATION * Math.max(input.depth ?? 1, input.height, input.width), CUT).data,
  };
  return makers[kind]();
}
