import { extentOf, type Plane, type Volume } from '../kernels/index.ts';
import { product } from './arrays.ts';
import { type InputMethod, inputMethod, type InputView } from './method.ts';

/** Methods that decompose the score into shares of the input and the biases. */
export const DECOMPOSITION_METHODS: Readonly<Record<'fullgrad', InputMethod>> = {
  fullgrad: inputMethod({
    title: 'FullGrad',
    paper: 'Srinivas & Fleuret 2019, arXiv:1905.00780',
    about: 'Input times gradient plus the share of every bias, summed over all layers.',
    when: 'For one detailed map of the whole network, without choosing a layer.',
    shows: 'heatmap',
    collapse: 'sum',
    needs: ['input-gradient', 'biases'],
    map: (view) => fullGradient(view, 'volume', 0),
    compat: { 'pytorch-grad-cam': (view) => fullGradient(view, 'channel', 1e-7) },
  }),
};

/**
 * Σ ψ(x ∘ ∂y/∂x) + Σ_l Σ_c ψ(b ∘ ∂y/∂b), where ψ is the upsampled, min-maxed magnitude: over each layer (the authors'
 * code), or over each channel, which scales up dead channels (pytorch-grad-cam).
 */
function fullGradient(
  { k, input, gradient, biases }: InputView<'input-gradient' | 'biases'>,
  each: 'volume' | 'channel',
  epsilon: number,
): Volume {
  const ones = new Float32Array(input.channels).fill(1);
  const shares: Plane[] = [
    k.magnitudeSum(product(input, gradient), ones, { each, epsilon }),
    ...biases.map(({ g, bias }) => k.magnitudeSum(g, bias, { each, epsilon })),
  ];
  const planes = shares.map((share) => k.resample(share, extentOf(input)));
  return { ...extentOf(input), data: added(planes), channels: 1 };
}

/** Upsampling is linear: channels are summed before it, layers after it. */
function added(planes: readonly Plane[]): Float32Array {
  const sum = new Float32Array(planes[0].data.length);
  for (const { data } of planes) for (let at = 0; at < sum.length; at++) sum[at] += data[at];
  return sum;
}
