import { nodeViewOf, valueFacts } from '../autodiff/context.ts';
import { sameExtent } from '../kernels/index.ts';
import { needsOf } from '../onnx/flow.ts';
import {
  axisOf,
  coarsen,
  countsOnly,
  DIRECTIONS,
  lengthOf,
  tokenAxis,
  tokenCount,
  type TokenGrid,
  tokenGridOf,
  type TracedAxes,
  unknownAxes,
} from '../operators/axes.ts';
import { elementwise } from '../operators/axis-rules.ts';
import { OPERATORS } from '../operators/index.ts';
import { sizeOf } from '../runtime/tensor.ts';
import { layoutOfInput } from './input-layout.ts';
import type { Network } from './network.ts';

export type { TokenGrid } from '../operators/axes.ts';

/** Axis meanings of every value from the image to `output`, by name. Empty if the input has no layout. */
export const traceAxes = (network: Network, input: string, output: string): ReadonlyMap<string, TracedAxes> =>
  network.once(['axes', input, output], () => {
    const layout = layoutOfInput(network.model, input, network.facts.dims.get(input));
    return layout ? traceFrom(network, input, layout.axes, output) : new Map<string, TracedAxes>();
  });

function traceFrom(
  network: Network,
  input: string,
  inputAxes: TracedAxes,
  output: string,
): ReadonlyMap<string, TracedAxes> {
  const { model, facts, flow } = network;
  const values = valueFacts(model, facts);
  const found = new Map([[input, inputAxes]]);
  const grids: TokenGrid[] = [];
  for (const node of flow.upstream([output])) {
    if (!needsOf(node).some((name) => found.has(name))) continue;
    const row = OPERATORS.get(node.op);
    const rule = row?.axes ?? elementwise;
    const c = nodeViewOf(model, node, values);
    const axes = node.inputs.map((name) => found.get(name));
    for (const [output, name] of node.outputs.entries()) {
      const dims = facts.dims.get(name);
      if (!dims || facts.types.get(name) === 'int64') continue;
      const traced = coarsen(rule({ c, axes, dims, output }));
      const sound = traced.length === dims.length && traced.every((axis, i) => lengthOf(axis) === dims[i]);
      const known = sound ? traced : unknownAxes(dims);
      const settled = row?.channelsLast ? recovered(known, dims, inputAxes, grids) : known;
      found.set(name, settled);
      for (const axis of settled) {
        const grid = tokenGridOf(axis);
        if (grid && !grids.some((seen) => sameExtent(seen, grid))) grids.push(grid);
      }
    }
  }
  return found;
}

/** Maximum number of class and register tokens before a grid. */
const MOST_PREFIX = 16;

/**
 * Where the trace was lost, guesses from the shape. Before the channels: as many tokens as an earlier grid or one with
 * the image's proportions, or rows and columns in these proportions.
 */
function recovered(
  axes: TracedAxes,
  dims: readonly number[],
  image: TracedAxes,
  grids: readonly TokenGrid[],
): TracedAxes {
  if (dims[0] !== 1 || !countsOnly(axes[1] ?? [], 'unknown')) return axes;
  const [depth, height, width] = DIRECTIONS.map((of) =>
    sizeOf(image.flat().flatMap((factor) => (factor.of === of ? factor.size : []))),
  );
  const isImage = depth === 1 && height > 1;
  const inShape = (rows: number, columns: number) => isImage && rows * width === columns * height;
  if (dims.length === 4 && countsOnly(axes[2], 'unknown') && inShape(dims[1], dims[2])) {
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
      grids.filter((seen) => tokenCount(seen) + prefix === dims[1]).map((seen) => ({ ...seen, prefix })),
    )[0] ??
    prefixes.map(like).find((grid) => inShape(grid.height, grid.width) && Number.isInteger(grid.width));
  return grid ? [axes[0], tokenAxis(dims[1], grid), axisOf('channel', dims[2])] : axes;
}
