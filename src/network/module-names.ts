import { standsForReal } from '../onnx/data-type.ts';
import type { Graph, GraphNode } from '../onnx/model.ts';
import { sizeOf } from '../runtime/tensor.ts';

/**
 * Name of the module that computes each value, as its authors know it: `layer4.1.conv2`, `model/conv5_block3_out`.
 * Values of the model itself are absent.
 */
export function moduleNames(graph: Graph): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const paths = new Map<string, readonly string[]>();
  const weights = new Map<string, Set<string>>();
  const added = new Map<string, string>();
  const dotted = prefixesOf(graph.nodes.map(({ name }) => name));
  for (const node of graph.nodes) {
    const recorded = recordedModule(node);
    const own = node.inputs.filter((input) => isWeight(graph, input));
    for (const value of node.outputs.filter(Boolean)) {
      const path = scopePath(node, value);
      if (recorded !== undefined) names.set(value, recorded);
      else if (own.length === 0 && [value, node.name].some(isAdded)) added.set(value, node.inputs[0]);
      else if (path.length > 0) paths.set(value, path);
      else if (node.name.includes('.') || dotted.has(node.name)) names.set(value, node.name);
      for (let depth = 1; depth <= path.length; depth++) {
        const scope = scopeOf(path, depth);
        const all = weights.get(scope) ?? new Set();
        own.forEach((input) => all.add(input));
        weights.set(scope, all);
      }
    }
  }
  const parameters = prefixesOf(graph.initializers.keys());
  const numbered = numbersCalls(
    [...paths.values()].filter(([first]) => first),
    weights,
  );
  for (const [value, path] of paths)
    names.set(value, path[0] === '' ? pytorchName(path, weights, parameters) : kerasName(path, numbered));
  for (const [value, source] of added) names.set(value, names.get(source) ?? '');
  return new Map([...names].filter(([, name]) => name));
}

/** Whether tf2onnx added the node, such as `Relu6__5`: it belongs where its input does. */
const isAdded = (name: string): boolean => /__\d+(:\d+)?$/.test(name);

/** The scope that PyTorch's exporter records since 2.5: `['', 'layer4', 'layer4.1', 'add_7']`, the last being the node. */
function recordedModule({ metadata }: GraphNode): string | undefined {
  const scopes = metadata.get('pkg.torch.onnx.name_scopes');
  if (scopes === undefined) return undefined;
  return (
    [...scopes.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, single, double]) => single ?? double).at(-2) ?? ''
  );
}

/**
 * The path before the last slash of a value's name, or of its node's name: `/layer4/layer4.1/conv2/Conv_output_0`. The
 * value's name comes first, since fusion keeps the name of the first node and that of the last value. TensorFlow Lite
 * joins the names of fused operators with semicolons, and onnxruntime appends `/MatMulAddFusion` to names of nodes.
 */
const scopePath = ({ name }: GraphNode, value: string): string[] =>
  [value.split(';')[0], name.replace(/\/\w+Fusion\b.*$/s, '')]
    .map((text) => text.split('/').slice(0, -1))
    .find((path) => path.some(Boolean)) ?? [];

/** Whether the value is a constant of several real numbers. */
function isWeight({ initializers }: Graph, name: string): boolean {
  const constant = initializers.get(name);
  return constant !== undefined && standsForReal(constant.type) && sizeOf(constant.dims) > 1;
}

const scopeOf = (path: readonly string[], depth = path.length): string => path.slice(0, depth).join('/');

/** All names before a dot of dotted names: `conv.0` and `conv` of `conv.0.weight`. */
function prefixesOf(names: Iterable<string>): ReadonlySet<string> {
  const prefixes = new Set<string>();
  for (const name of names)
    for (let at = name.lastIndexOf('.'); at > 0; at = name.lastIndexOf('.', at - 1))
      prefixes.add(name.slice(0, at));
  return prefixes;
}

/** The name of a call without its number: `relu_1` is the second call of `relu`. */
const CALL = /^(.+)_\d+$/;

/**
 * Joins the path of PyTorch's older exporter: `/layer4/layer4.1/conv2` is layer4.1.conv2. A numbered module carries the
 * name of its list; a list that is not called itself is not in the path, so that `/layers/layers.0` may be
 * layers.layers.0, as names of parameters tell.
 */
function pytorchName(
  path: readonly string[],
  weights: ReadonlyMap<string, ReadonlySet<string>>,
  parameters: ReadonlySet<string>,
): string {
  let [name, before] = ['', ''];
  for (let depth = 2; depth <= path.length; depth++) {
    const part = withoutCall(path, depth, weights);
    const inside = name ? `${name}.${part}` : part;
    const item = name && part.startsWith(`${before}.`) ? name + part.slice(before.length) : inside;
    name = parameters.has(inside) && !parameters.has(item) ? inside : item;
    before = part;
  }
  return name;
}

/** The last part of a scope, without the number of its call if the module is called again: its weights are the same. */
function withoutCall(
  path: readonly string[],
  depth: number,
  weights: ReadonlyMap<string, ReadonlySet<string>>,
): string {
  const part = path[depth - 1];
  const first = CALL.exec(part)?.[1];
  const before = first && weights.get(scopeOf([...path.slice(0, depth - 1), first]));
  const repeats = before && [...weights.get(scopeOf(path, depth))!].every((name) => before.has(name));
  return repeats ? first : part;
}

/** Functions that TensorFlow wraps around a model. */
const WRAPPERS = new Set(['StatefulPartitionedCall', 'PartitionedCall']);

const kerasPath = (path: readonly string[]): string[] => path.filter((part) => !WRAPPERS.has(part));

const kerasName = (path: readonly string[], numbered: boolean): string =>
  kerasPath(path)
    .map((part) => (numbered && CALL.exec(part)?.[1]) || part)
    .join('/');

/** Whether all layers are numbered by call, as in Keras 3: `resnet50_1/conv1_relu_1`, where equal names share weights. */
function numbersCalls(
  paths: readonly (readonly string[])[],
  weights: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  const layers = new Map<string, string>();
  return paths.every((path) => {
    const parts = kerasPath(path).slice(0, 2);
    const names = parts.map((part) => CALL.exec(part)?.[1]);
    if (names.includes(undefined)) return false;
    const depth = path.length - kerasPath(path).length + parts.length;
    const read = [...weights.get(scopeOf(path, depth))!].sort().join();
    const known = layers.get(names.join('/')) ?? read;
    layers.set(names.join('/'), known);
    return known === read;
  });
}
