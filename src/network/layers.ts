import { CamError, didYouMean } from '../errors.ts';
import { standsForReal } from '../onnx/data-type.ts';
import type { TokenGrid } from '../operators/axes.ts';
import { traceAxes } from './axes.ts';
import { type Layout, layoutOf } from './layout.ts';
import type { Network } from './network.ts';

/** A value at which a CAM can be computed. */
export interface Layer {
  readonly name: string;
  /** The operator that computes it. */
  readonly op: string;
  readonly layout: Layout;
}

/**
 * Values with channels over space, between the input and `output`, in execution order.
 * @param tokens the grid of values [1, prefix + H·W, C].
 */
export function layersOf(network: Network, input: string, output: string, tokens?: TokenGrid): Layer[] {
  const { flow, facts } = network;
  const axes = traceAxes(network, input, output);
  const nodes = flow.upstream([output]);
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  return nodes
    .flatMap((node) => node.outputs.map((name) => ({ name, op: node.op })))
    .filter(({ name }) => axes.has(name) && used.has(name) && standsForReal(facts.types.get(name)!))
    .flatMap(({ name, op }) => {
      const dims = facts.dims.get(name)!;
      const layout = (tokens && givenLayout(dims, tokens)) ?? layoutOf(axes.get(name)!, dims);
      return layout && layout.height * layout.width > 1 ? [{ name, op, layout }] : [];
    });
}

/** The given layout, if the shape fits. */
function givenLayout(dims: readonly number[], { height, width, prefix }: TokenGrid): Layout | undefined {
  const fits = dims.length === 3 && dims[0] === 1 && dims[1] === height * width + prefix;
  return fits ? { kind: 'tokens', channels: dims[2], height, width, prefix } : undefined;
}

/**
 * Finds a layer by name.
 * @throws {CamError} UNKNOWN_LAYER with similar names, or the reason that the value is not a layer.
 */
export function findLayer(network: Network, layers: readonly Layer[], name: string): Layer {
  const found = layers.find((layer) => layer.name === name);
  if (found) return found;
  const refuse = (what: string): never => {
    throw new CamError('UNKNOWN_LAYER', `${what} Inspect the model for its layers.`, { option: 'layer' });
  };
  const { model, flow, facts } = network;
  const names = layers.map((layer) => layer.name);
  const value = facts.dims.has(name) || model.graph.initializers.has(name);
  if (!value)
    refuse(`The model has no value "${name}".${nodeHint(network, layers, name) ?? didYouMean(name, names)}`);
  if (model.graph.inputs.some((input) => input.name === name)) {
    refuse(
      `"${name}" is an input of the model. Choose a layer after it, or a method that needs no layer, such as saliency.`,
    );
  }
  const reached = flow.downstream(model.graph.inputs.map((input) => input.name));
  if (!reached.has(name)) refuse(`"${name}" is a constant: it does not depend on the image.`);
  if (model.graph.outputs.some((output) => output.name === name)) {
    refuse(`"${name}" is an output of the model. Choose a layer before it.`);
  }
  const shape = `[${facts.dims.get(name)!.join(', ')}]`;
  if (!standsForReal(facts.types.get(name)!)) {
    refuse(`"${name}" ${shape} has type ${facts.types.get(name)}: it does not hold features.`);
  }
  const leads = layers.some((layer) => flow.downstream([name]).has(layer.name));
  const used = leads || flow.consumers(name).some(({ outputs }) => outputs.some((next) => reached.has(next)));
  return refuse(
    used
      ? `"${name}" has shape ${shape}, which is not a map over rows and columns of one image. If it holds tokens, set \`tokens\` to the height and width of their grid.`
      : `"${name}" ${shape} does not affect the output.`,
  );
}

/** A hint for node names: the output of `/layer4/conv1/Conv` is `/layer4/conv1/Conv_output_0`. */
function nodeHint({ model }: Network, layers: readonly Layer[], name: string): string | undefined {
  const node = model.graph.nodes.find((one) => one.name === name);
  const layer = node && layers.find((one) => node.outputs.includes(one.name));
  return layer && ` That is a node; its output is "${layer.name}".`;
}
