import type { Kernels } from '../kernels/index.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import { repeated } from './inputs.ts';
import type { Layout } from './layout.ts';
import type { Network, Values } from './network.ts';

/** Inputs of the part of the model after `from`: replacements of `from` [n, ...], and the values that bypass it. */
export function headFeeds(
  network: Network,
  from: string,
  to: string,
  tensor: FloatTensor,
  values: Values,
): Values {
  const { dims, types } = network.facts;
  const past = network.head(from, to).inputs.filter((name) => name !== from);
  const ports = past.map((name) => {
    const counted = dims.get(name)!.length > 1 ? ['n'] : [1]; // as declared by the slice
    return { name, type: types.get(name), dims: counted, proto: new Uint8Array() };
  });
  return {
    ...repeated(Object.fromEntries(past.map((name) => [name, values[name]])), ports, tensor.dims[0]),
    [from]: network.stored(from, tensor, values[from].type),
  };
}

/** Channels over space [n, C, h, w] in a layer's layout; tokens outside the image are copied from `original`. */
export function inLayout(
  data: Float32Array,
  layout: Layout,
  original: Float32Array,
  k: Kernels,
): Float32Array {
  const { kind, channels, height, width, prefix } = layout;
  if (kind === 'nchw') return data;
  const size = channels * height * width;
  const count = data.length / size;
  const out = new Float32Array(count * original.length);
  for (let n = 0; n < count; n++) {
    const one = k.transpose(data.subarray(n * size, (n + 1) * size), channels, height * width);
    out.set(original, n * original.length);
    out.set(one, n * original.length + prefix * channels);
  }
  return out;
}
