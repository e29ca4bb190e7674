import { NoGradientError } from '../operators/no-gradient.ts';
import { CamError } from '../errors.ts';
import { METHODS } from '../methods/index.ts';
import type { Need } from '../methods/method.ts';
import { automaticLayer } from '../network/automatic.ts';
import { layersOf } from '../network/layers.ts';
import type { Network } from '../network/network.ts';
import { reachOf } from '../network/reach.ts';

const GRADIENTS: ReadonlySet<Need> = new Set<Need>([
  'gradients',
  'backward',
  'input-gradient',
  'guided',
  'deconvnet',
  'biases',
  'attention-gradients',
]);

/** Ids of the methods that look at a model from outside, or at activations alone. */
export const gradientFree = (): string[] =>
  Object.keys(METHODS).filter((id) => !METHODS[id].needs.some((need) => GRADIENTS.has(need)));

/** The error of a gradient that cannot be had, with what can be done instead: a later layer, or other methods. */
export function advised(error: Error, network: Network, input: string, output: string): Error {
  if (!(error instanceof NoGradientError)) return error;
  const { open, blocked } = reachOf(network, layersOf(network, input, output), input, output, [error]);
  const later =
    open.length > 0
      ? `Gradients reach "${automaticLayer(network, open, input, output, blocked).layer.name}", a later layer: choose it (-l), or`
      : 'No layer is behind it: take';
  return new CamError(
    error.code,
    `${error.message} ${later} a method that needs no gradient: ${gradientFree().join(', ')}.`,
    { cause: error },
  );
}
