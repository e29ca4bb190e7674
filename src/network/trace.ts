import { contextOf, forwardValues } from '../autodiff/context.ts';
import { Emitter } from '../onnx/emitter.ts';
import { needsOf } from '../onnx/flow.ts';
import { sizeOf } from '../runtime/tensor.ts';
import {
  axisOf,
  coarsen,
  counts,
  gridOf,
  lengthOf,
  tokenAxis,
  unknownAxes,
  type Axes,
  type TokenGrid,
} from './axes.ts';
import { axesOfInput, layoutOfInput } from './layout.ts';
import type { Network } from './network.ts';
import { elementwise, TRACES } from './traces.ts';

/** What the axes of every value between the picture and `output` count, by value; nothing where the input is no picture. */
export const traceAxes = (network: Network, input: string, output: string): ReadonlyMap<string, Axes> =>
  network.once(['axes', input, output], () => {
    const picture = layoutOfInput(network.facts.dims.get(input) ?? []);
    return picture ? trace(network, input, axesOfInput(picture), output) : new Map<string, Axes>();
  });

function trace(network: Network, input: string, inputAxes: Axes, output: string): ReadonlyMap<string, Axes> {
  const { model, facts, flow } = network;
  const e = new Emitter();
  const forward = forwardValues(model, facts, e, flow);
  const found = new Map([[input, inputAxes]]);
  const grids: TokenGrid[] = [];
  for (const node of flow.upstream([output])) {
    if (!needsOf(node).some((name) => found.has(name))) continue;
    const c = contextOf(model, node, forward, e, { cotangents: [], wanted: [] });
    const axes = node.inputs.map((name) => found.get(name));
    for (const [output, name] of node.outputs.entries()) {
      const dims = facts.dims.get(name);
      if (!dims || facts.types.get(name) === 'int64') continue;
      const traced = coarsen((TRACES[node.op] ?? elementwise)({ c, axes, dims, output }));
      const sound = traced.length === dims.length && traced.every((axis, i) => lengthOf(axis) === dims[i]);
      const settled = settle(node.op, sound ? traced : unknownAxes(dims), dims, [inputAxes, grids]);
      found.set(name, settled);
      for (const axis of settled) {
        const grid = gridOf(axis);
        if (grid && !grids.some(({ height, width }) => height === grid.height && width === grid.width))
          grids.push(grid);
      }
    }
  }
  return found;
}

/** Operators whose last axis counts channels, and the one before it tokens. */
const CHANNELS_LAST = /(^|\.)(Skip)?(Simplified)?LayerNormalization$|^RMSNormalization$|^MatMul$/;

/** Class and register tokens that a grid may have before it. */
const MOST_PREFIX = 16;

/**
 * Where the trail was lost, shapes must do: in front of channels, tokens as many as a grid seen before or one of the
 * picture's shape, and rows and columns in its proportion.
 */
function settle(
  op: string,
  axes: Axes,
  dims: readonly number[],
  [picture, grids]: readonly [Axes, readonly TokenGrid[]],
): Axes {
  if (!CHANNELS_LAST.test(op) || dims[0] !== 1 || !counts(axes[1] ?? [], 'unknown')) return axes;
  const [height, width] = (['row', 'column'] as const).map((of) =>
    sizeOf(picture.flat().flatMap((factor) => (factor.of === of ? factor.size : []))),
  );
  const inShape = (rows: number, columns: number) => rows * width === columns * height;
  if (dims.length === 4 && counts(axes[2], 'unknown') && inShape(dims[1], dims[2])) {
    return [axes[0], axisOf('row', dims[1]), axisOf('column', dims[2]), axisOf('channel', dims[3])];
  }
  if (dims.length !== 3) return axes;
  const prefixes = Array.from({ length: MOST_PREFIX + 1 }, (_, i) => i).filter((prefix) => prefix < dims[1]);
  const like = (prefix: number): TokenGrid => {
    const rows = Math.round(Math.sqrt(((dims[1] - prefix) * height) / width));
    return { height: rows, width: (dims[1] - prefix) / rows, prefix };
  };
  const grid =
    prefixes.flatMap((prefix) =>
      grids
        .filter((seen) => seen.height * seen.width + prefix === dims[1])
        .map((seen) => ({ ...seen, prefix })),
    )[0] ??
    prefixes.map(like).find((grid) => inShape(grid.height, grid.width) && Number.isInteger(grid.width));
  return grid ? [axes[0], tokenAxis(dims[1], grid), axisOf('channel', dims[2])] : axes;
}
