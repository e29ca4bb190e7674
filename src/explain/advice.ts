import { CamError } from '../errors.ts';
import { type MethodId, METHODS } from '../methods/index.ts';
import { automaticLayer } from '../network/automatic.ts';
import { layersOf } from '../network/layers.ts';
import type { Network } from '../network/network.ts';
import { reachOf } from '../network/reach.ts';
import { NoGradientError } from '../operators/no-gradient.ts';

/** Ids of the methods that do not differentiate. */
export const gradientFree = (): MethodId[] =>
  (Object.keys(METHODS) as MethodId[]).filter((id) => !/backward/.test(METHODS[id].cost));

/** Adds advice to a missing-gradient error: a later layer, or other methods. */
export function advised(error: Error, network: Network, input: string, output: string): Error {
  if (!(error instanceof NoGradientError)) return error;
  const { open, path } = reachOf(network, layersOf(network, input, output), input, output, [error]);
  const later =
    open.length > 0
      ? `Gradients reach "${automaticLayer(network, open, input, output, path).layer.name}", a later \`layer\`. Choose it, or use`
      : 'No later layer has one. Use';
  return new CamError(
    error.code,
    `${error.message} ${later} a method that needs no gradient: ${gradientFree().join(', ')}.`,
    { cause: error, option: 'layer' },
  );
}
