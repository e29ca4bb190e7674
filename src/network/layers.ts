import { CamError } from '../errors.ts';
import { isFloat } from '../onnx/data-type.ts';
import { didYouMean } from '../suggest.ts';
import type { Layout } from './layout.ts';
import type { Network } from './network.ts';

/** A value that a CAM can be computed at. */
export interface Layer {
  readonly name: string;
  /** Operator that makes it. */
  readonly op: string;
  readonly layout: Layout;
}

/** Values with channels over space, between the input and `output`, in the order in which they are computed. */
export function layersOf(network: Network, input: string, output: string): Layer[] {
  const { flow, facts } = network;
  const reached = flow.downstream([input]);
  return flow
    .upstream([output])
    .flatMap((node) => node.outputs.slice(0, 1).map((name) => ({ name, op: node.op })))
    .filter(({ name }) => reached.has(name) && name !== output && isFloat(facts.types.get(name)))
    .flatMap(({ name, op }) => {
      const layout = layoutOf(facts.dims.get(name) ?? []);
      return layout && layout.height * layout.width > 1 ? [{ name, op, layout }] : [];
    });
}

export function layoutOf(dims: readonly number[]): Layout | undefined {
  if (dims.length !== 4 || dims[0] !== 1) return undefined;
  const [, channels, height, width] = dims;
  return { kind: 'nchw', channels, height, width, prefix: 0 };
}

/** The last layer before space is pooled away or flattened: the deepest that still says where. */
export function automaticLayer(layers: readonly Layer[]): Layer {
  const last = layers.at(-1);
  if (!last) {
    throw new CamError(
      'UNKNOWN_LAYER',
      'No value of this model has a spatial extent, so there is no layer for a class activation map. Use a method of the input, such as saliency.',
    );
  }
  return last;
}

/** The layer of that name. @throws CamError UNKNOWN_LAYER, saying which names are near or why it has no map. */
export function findLayer(network: Network, layers: readonly Layer[], name: string): Layer {
  const found = layers.find((layer) => layer.name === name);
  if (found) return found;
  const dims = network.facts.dims.get(name);
  if (dims) {
    throw new CamError(
      'UNKNOWN_LAYER',
      `The value "${name}" has the shape [${dims.join(', ')}], which is no map over space on the way to the output. Choose another layer: \`camwasm inspect\` lists them.`,
    );
  }
  const hint = didYouMean(
    name,
    layers.map((layer) => layer.name),
  );
  throw new CamError(
    'UNKNOWN_LAYER',
    `The model has no value "${name}".${hint} \`camwasm inspect\` lists its layers.`,
  );
}
