import type { FloatTensor } from '../runtime/tensor.ts';
import { namedTensor } from '../runtime/tensor.ts';
import { repeated } from './inputs.ts';
import type { Network, Values } from './network.ts';

/**
 * Inputs of the part of the model after `from`: `count` replacements of `from` [n, ...], and the values that bypass it.
 */
export function headFeeds(
  network: Network,
  from: string,
  to: string,
  tensor: FloatTensor,
  values: Values,
  count = 1,
): Values {
  const { dims, types } = network.facts;
  const past = network.head(from, to).inputs.filter((name) => name !== from);
  const ports = past.map((name) => {
    const counted = dims.get(name)!.length > 1 ? ['n'] : [1]; // as declared by the slice
    return { name, type: types.get(name), dims: counted, proto: new Uint8Array() };
  });
  return {
    ...repeated(Object.fromEntries(past.map((name) => [name, namedTensor(values, name)])), ports, count),
    [from]: network.stored(from, tensor, namedTensor(values, from).type),
  };
}
