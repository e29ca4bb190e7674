import { isFlat } from '../autodiff/backward.ts';
import { CamError } from '../errors.ts';
import { sameExtent } from '../kernels/index.ts';
import { needsOf } from '../onnx/flow.ts';
import type { GraphNode } from '../onnx/model.ts';
import { OPERATORS } from '../operators/index.ts';
import { attentionNorm } from './attention-norm.ts';
import { dominators } from './dominators.ts';
import type { Layer } from './layers.ts';
import type { Network } from './network.ts';
import { type GradientPath, gradientPath, isOpen } from './reach.ts';
import { wholeValues } from './read-positions.ts';

/** The layer to explain by default. */
export interface Choice {
  readonly layer: Layer;
  /** Reason, as a phrase: "the last map before space is pooled or flattened". */
  readonly why: string;
}

/**
 * The deepest layer with a spatial extent that the score's gradient reaches at all of its positions. In a transformer, the first norm of the last attention block, since later
 * values may reach the scores only through the class token, unless convolutions follow. For a dense output, the
 * features before the scores; for several heads, the deepest features they share. Layers without gradients are a last
 * resort.
 * @throws {CamError} UNSUPPORTED_MODEL when no value has a spatial extent.
 */
export function automaticLayer(
  network: Network,
  layers: readonly Layer[],
  input: string,
  output: string,
  path: GradientPath = gradientPath(network, input, output),
): Choice {
  const flat = orAll(layers, ({ layout }) => layout.depth === undefined || layout.height * layout.width > 1);
  const open = orAll(flat, ({ name }) => isOpen(path, name));
  const whole = wholeValues(network, input, output, path);
  const dense = (network.facts.dims.get(output) ?? []).filter((size) => size > 1).length > 1;
  const scores = dense ? readOff(network, input, output) : new Set<string>();
  const mixed = recurrentValues(network);
  const read = orAll(open, ({ name }) => whole.has(name) && !mixed.has(name));
  const features = orAll(read, ({ name }) => !scores.has(name));
  const ends = endsOf(network, features, output);
  if (ends.length === 0) {
    throw new CamError(
      'UNSUPPORTED_MODEL',
      'No value of this model has a spatial extent, so it has no layer for a class activation map. Use a method of the input, such as saliency, or pass the height and width of its token grid as `tokens`.',
      { option: 'tokens' },
    );
  }
  const shared = sharedBy(network, features, ends);
  const last = madeBy(network, features, shared ?? ends.at(-1)!);
  const grids = [last, ...ends].map(({ layout }) => layout);
  const alike = features.filter(({ layout }) => grids.some((grid) => sameExtent(layout, grid)));
  const norm = attentionNorm(network, alike, input, output);
  if (norm && !isConvolved(network, norm, last, dominators(network, input, output)))
    return { layer: norm, why: 'the first normalization of the last attention block' };
  const why =
    read.length < open.length
      ? 'the last map of which the score reads all positions'
      : ends.length > 1
        ? `the last map ${shared ? `that all ${ends.length} heads share` : `of one of ${ends.length} branches`}`
        : dense
          ? 'the last map before the scores of every position'
          : 'the last map before space is pooled or flattened';
  return { layer: last, why };
}

/** Whether all attended values pass a convolution on their way to the last map, so that there is no class token. */
function isConvolved(
  { flow }: Network,
  norm: Layer,
  last: Layer,
  above: ReadonlyMap<string, string>,
): boolean {
  const after = flow.downstream([norm.name]);
  for (let value: string | undefined = last.name; value && after.has(value); value = above.get(value)) {
    const node = flow.producer(value);
    if (node && OPERATORS.get(node.op)?.weighs === 'window' && after.has(node.inputs[0]))
      return norm.layout.prefix === 0;
  }
  return false;
}

const orAll = (layers: readonly Layer[], keep: (layer: Layer) => boolean): readonly Layer[] =>
  layers.some(keep) ? layers.filter(keep) : layers;

/** Values connected to the output without weights: the scores of every position, and values derived from them. */
function readOff(network: Network, input: string, output: string): ReadonlySet<string> {
  const { flow } = network;
  const moving = flow.downstream([input]);
  const flat = flatValues(network);
  const scores = new Set([output]);
  for (const value of scores) {
    const node = flat.has(value) ? undefined : flow.producer(value);
    if (node && !isWeighted(network, node, moving)) node.inputs.forEach((name) => scores.add(name));
  }
  return scores;
}

/** Whether the node applies learned weights. A transposed convolution from K to K channels only upsamples. */
function isWeighted(
  { facts }: Network,
  { op, inputs, outputs }: GraphNode,
  moving: ReadonlySet<string>,
): boolean {
  const weighs = OPERATORS.get(op)?.weighs;
  if (!weighs || !inputs.slice(1).some((name) => name && !moving.has(name))) return false;
  const [from, to] = [inputs[0], outputs[0]].map((name) => facts.dims.get(name)?.[1]);
  return weighs !== 'transposed-window' || from !== to;
}

/** Values without a gradient: shapes, and what is computed from them, such as the anchors of a detector. */
const flatValues = (network: Network): ReadonlySet<string> =>
  network.once(['flat values'], () => findFlatValues(network));

const findFlatValues = ({ model, facts }: Network): ReadonlySet<string> =>
  new Set(model.graph.nodes.filter((node) => isFlat(node, facts)).flatMap(({ outputs }) => outputs));

/** Values after a recurrent operator, whose positions hold what came before them. */
const recurrentValues = ({ model, flow }: Network): ReadonlySet<string> =>
  flow.downstream(
    model.graph.nodes
      .filter(({ op }) => OPERATORS.get(op)?.recurs)
      .flatMap(({ outputs }) => outputs.filter(Boolean)),
  );

/** Layers with no other layer after them. */
function endsOf(network: Network, layers: readonly Layer[], output: string): readonly Layer[] {
  const names = new Set(layers.map(({ name }) => name));
  const followed = new Set<string>();
  for (const { inputs, outputs } of network.flow.upstream([output], flatValues(network)).toReversed()) {
    if (outputs.some((name) => names.has(name) || followed.has(name)))
      inputs.forEach((name) => followed.add(name));
  }
  return layers.filter(({ name }) => !followed.has(name));
}

/** The deepest layer that every end depends on. */
function sharedBy(network: Network, layers: readonly Layer[], ends: readonly Layer[]): Layer | undefined {
  const flat = flatValues(network);
  const before = ends.map(
    ({ name }) => new Set([name, ...network.flow.upstream([name], flat).flatMap(needsOf)]),
  );
  return layers.findLast(({ name }) => before.every((values) => values.has(name)));
}

/** The layer that computed the features that `layer` only passes on. Rounding stays: a rectifier may be folded into it. */
function madeBy(network: Network, layers: readonly Layer[], layer: Layer): Layer {
  const { flow } = network;
  for (let { name } = layer; ;) {
    const node = flow.producer(name);
    const { passes, rounds } = OPERATORS.get(node?.op ?? '') ?? {};
    if (!node || !passes || rounds) return layer;
    [name] = node.inputs;
    const source = layers.find((one) => one.name === name);
    if (source) return madeBy(network, layers, source);
  }
}
