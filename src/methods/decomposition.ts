import type { Plane, Volume } from '../kernels/volume.ts';
import type { InputMethod, InputView } from './method.ts';

/** Methods that split the score into the shares of input and biases. */
export const DECOMPOSITION_METHODS: Readonly<Record<string, InputMethod>> = {
  fullgrad: {
    title: 'FullGrad',
    paper: 'Srinivas & Fleuret 2019, arXiv:1905.00780',
    about: 'Input times gradient plus the share of every bias in the network, added up over all layers.',
    when: 'For one map of the whole network, fine and without a choice of layer.',
    cost: '1 backward through the whole network',
    level: 'input',
    shows: 'heatmap',
    collapse: 'sum',
    needs: ['input-gradient', 'biases'],
    map: (view) => fullGradient(view, 'volume', 0),
    compat: { 'pytorch-grad-cam': (view) => fullGradient(view, 'channel', 1e-7) },
  },
};

/**
 * Σ ψ(x ∘ ∂y/∂x) + Σ_l Σ_c ψ(b ∘ ∂y/∂b), where ψ is the upsampled, min-maxed magnitude: of each layer as one (the authors'
 * code), or of each channel by itself, which brings dead channels up to the others (pytorch-grad-cam).
 */
function fullGradient(
  { k, input, gradient, biases }: InputView,
  each: 'volume' | 'channel',
  epsilon: number,
): Volume {
  const { height, width } = input;
  const shares: Plane[] = [
    k.magnitudeSum(
      { ...input, data: input.data.map((value, at) => value * gradient.plain.data[at]) },
      new Float32Array(input.channels).fill(1),
      { each, epsilon },
    ),
    ...biases.map(({ g, bias }) => k.magnitudeSum(g, bias, { each, epsilon })),
  ];
  return { data: added(shares.map((share) => k.resample(share, height, width))), channels: 1, height, width };
}

/** Upsampling is linear: channels are added before it, layers after it. */
function added(planes: readonly Plane[]): Float32Array {
  const sum = new Float32Array(planes[0].data.length);
  for (const { data } of planes) for (let at = 0; at < sum.length; at++) sum[at] += data[at];
  return sum;
}
