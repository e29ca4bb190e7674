import { CamError, didYouMean } from '../errors.ts';
import { positionsOf } from '../kernels/index.ts';
import { standsForReal } from '../onnx/data-type.ts';
import { tokenCount, type TokenGrid } from '../operators/axes.ts';
import { traceAxes } from './axes.ts';
import { type Layout, layoutOf } from './layout.ts';
import { modulesNamed, modulesOf, shortNames } from './modules.ts';
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
      return layout && positionsOf(layout) > 1 ? [{ name, op, layout }] : [];
    });
}

/** The given layout, if the shape fits. */
function givenLayout(dims: readonly number[], tokens: TokenGrid): Layout | undefined {
  const fits = dims.length === 3 && dims[0] === 1 && dims[1] === tokenCount(tokens) + tokens.prefix;
  return fits ? { kind: 'tokens', channels: dims[2], ...tokens } : undefined;
}

/**
 * Finds a layer by the name of its value, of the node that computes it, or of a module, which means the value that
 * leaves it.
 * @throws {CamError} UNKNOWN_LAYER with similar names, or the reason that the value is not a layer.
 */
export function findLayer(network: Network, layers: readonly Layer[], output: string, name: string): Layer {
  const { model, flow, facts } = network;
  const { value, how } = valueNamed(network, layers, output, name);
  const found = layers.find((layer) => layer.name === value);
  if (found) return found;
  const refuse = (what: string): never => unknownLayer(how + what);
  if (model.graph.inputs.some((input) => input.name === value)) {
    refuse(
      `"${value}" is an input of the model. Choose a layer after it, or a method that needs no layer, such as saliency.`,
    );
  }
  const reached = flow.downstream(model.graph.inputs.map((input) => input.name));
  if (!reached.has(value)) refuse(`"${value}" is a constant: it does not depend on the image.`);
  if (model.graph.outputs.some((port) => port.name === value)) {
    refuse(`"${value}" is an output of the model. Choose a layer before it.`);
  }
  const shape = `[${facts.dims.get(value)!.join(', ')}]`;
  if (!standsForReal(facts.types.get(value)!)) {
    refuse(`"${value}" ${shape} has type ${facts.types.get(value)}: it does not hold features.`);
  }
  const leads = layers.some((layer) => flow.downstream([value]).has(layer.name));
  const used =
    leads || flow.consumers(value).some(({ outputs }) => outputs.some((next) => reached.has(next)));
  return refuse(
    used
      ? `"${value}" has shape ${shape}, which is not a map over rows and columns of one image. If it holds tokens, set \`tokens\` to the height and width of their grid.`
      : `"${value}" ${shape} does not affect the output.`,
  );
}

/**
 * The value that a name means, and how it does, for an error about the value.
 * @throws {CamError} UNKNOWN_LAYER with similar names.
 */
export function valueNamed(
  network: Network,
  layers: readonly Layer[],
  output: string,
  name: string,
): { value: string; how: string } {
  const { model, facts } = network;
  if (facts.dims.has(name) || model.graph.initializers.has(name)) return { value: name, how: '' };
  const isLayer = (value: string) => layers.some((layer) => layer.name === value);
  const node = model.graph.nodes.find((one) => one.name === name);
  const computed = node?.outputs.filter((value) => facts.dims.has(value)) ?? [];
  if (computed.length > 0) {
    const value = computed.find(isLayer) ?? computed[0];
    return { value, how: `The node "${name}" computes "${value}". ` };
  }
  const modules = modulesOf(network, output);
  const [module, ...others] = modulesNamed(modules, name);
  if (module && others.length === 0)
    return { value: module.value, how: `The module "${name}" ends in "${module.value}". ` };
  if (module) {
    const [last, before] = [module, ...others].reverse();
    return unknownLayer(
      `The model has ${others.length + 1} modules whose name ends in "${name}", such as "${before.name}" and "${last.name}".`,
    );
  }
  const names = layers.map((layer) => layer.name);
  const hint = didYouMean(name, shortNames(modules, name, isLayer)) || didYouMean(name, names);
  return unknownLayer(`The model has no value, node or module "${name}".${hint}`);
}

function unknownLayer(what: string): never {
  throw new CamError('UNKNOWN_LAYER', `${what} Inspect the model for its layers.`, { option: 'layer' });
}
