import { nodeViewOf, valueFacts } from '../autodiff/context.ts';
import type { GraphNode } from '../onnx/model.ts';
import { axisOf, isSpace, lengthOf, tokenGridOf, type TracedAxes } from '../operators/axes.ts';
import { type AxesRule, elementwise } from '../operators/axis-rules.ts';
import { OPERATORS } from '../operators/index.ts';
import type { NodeView } from '../operators/operator.ts';
import { traceAxes } from './axes.ts';
import type { Network } from './network.ts';
import type { GradientPath } from './reach.ts';

/** Which positions of an axis are read; undefined for all. */
type ReadAxis = readonly boolean[] | undefined;

/**
 * For each axis of the values on a path: the positions that the output reads. A selection (Slice, Gather, Split) reads
 * some; whatever mixes positions, such as a sum, a convolution over the whole map or attention, reads all.
 */
function readPositions(
  network: Network,
  output: string,
  { reached }: GradientPath,
): ReadonlyMap<string, readonly ReadAxis[]> {
  const { model, facts, flow } = network;
  const values = valueFacts(model, facts);
  const read = new Map<string, readonly ReadAxis[]>([[output, values.dims(output).map(() => undefined)]]);
  for (const node of flow.upstream([output]).toReversed()) {
    const outputs = node.outputs.flatMap((name, index) => {
      const axes = read.get(name);
      return axes ? { index, axes, dims: values.dims(name) } : [];
    });
    if (outputs.length === 0) continue;
    const c = nodeViewOf(model, node, values);
    node.inputs.forEach((name, index) => {
      if (!reached.has(name)) return;
      const uses = outputs.map((one) => readAxes(c, node, index, one));
      const known = read.get(name);
      read.set(
        name,
        [...(known ? [known] : []), ...uses].reduce((a, b) => a.map((axis, i) => either(axis, b[i]))),
      );
    });
  }
  return read;
}

interface ReadOutput {
  readonly index: number;
  readonly axes: readonly ReadAxis[];
  readonly dims: readonly number[];
}

/** Positions of an input that an output reads, axis by axis. */
function readAxes(
  c: NodeView,
  { op, inputs }: GraphNode,
  index: number,
  output: ReadOutput,
): readonly ReadAxis[] {
  const row = OPERATORS.get(op);
  const dims = c.inputDims(index);
  if (row?.recurs) return dims.map(() => undefined);
  const taken = index === 0 ? row?.takes?.(c, output.index) : undefined;
  return dims.map((size, axis) => {
    if (size === 1) return undefined;
    const positions = taken?.[axis];
    if (positions) {
      const kept = positions.filter(
        (_, i) => output.axes.length !== dims.length || (output.axes[axis]?.[i] ?? true),
      );
      return fromPositions(size, kept);
    }
    if (output.axes.every((one) => one === undefined)) return undefined;
    const marked = inputs.map((name, i) =>
      name === '' ? undefined : markedAxes(c.inputDims(i), i === index ? axis : -1),
    );
    return throughAxes(size, placesOf(row?.axes ?? elementwise, c, marked, output), output);
  });
}

/** Axes in which one axis stands out as rows. */
const markedAxes = (dims: readonly number[], axis: number): TracedAxes =>
  dims.map((size, i) => axisOf(i === axis ? 'row' : 'channel', size));

/** Part of a marked axis in an axis of the output. */
interface AxisPlace {
  readonly axis: number;
  readonly size: number;
  /** Marked positions per step. */
  readonly stride: number;
  /** Positions of the output's axis per step. */
  readonly every: number;
}

/** Where the marked axis is in the output, by the operator's own rule. */
function placesOf(
  rule: AxesRule,
  c: NodeView,
  axes: readonly (TracedAxes | undefined)[],
  { index, dims }: ReadOutput,
): readonly AxisPlace[] {
  const traced = rule({ c, axes, dims, output: index });
  if (traced.length !== dims.length || traced.some((axis, i) => lengthOf(axis) !== dims[i])) return [];
  return traced.flatMap((factors, axis) =>
    factors.flatMap(({ of, size, stride }, at) =>
      of === 'row' ? { axis, size, stride, every: lengthOf(factors.slice(at + 1)) } : [],
    ),
  );
}

/** The positions of a marked axis that an output reads through its places. */
function throughAxes(size: number, places: readonly AxisPlace[], { axes }: ReadOutput): ReadAxis {
  if (places.every(({ axis }) => axes[axis] === undefined)) return undefined;
  const count = places.reduce((product, place) => product * place.size, 1);
  // The steps of each place at which some position is read.
  const steps = places.map(({ axis, size: length, every }) =>
    Array.from(
      { length },
      (_, step) =>
        axes[axis] === undefined ||
        axes[axis].some((isRead, at) => isRead && Math.floor(at / every) % length === step),
    ),
  );
  const readAt = (position: number) =>
    places.every(({ stride, size: length }, i) => steps[i][Math.floor(position / stride) % length]);
  if (count === size) return Array.from({ length: size }, (_, position) => readAt(position));
  // Padded, joined, strided or resized: the same share of the axis.
  return Array.from({ length: size }, (_, position) => {
    const from = Math.floor((position * count) / size);
    const to = Math.max(from + 1, Math.ceil(((position + 1) * count) / size));
    return Array.from({ length: to - from }, (_, i) => from + i).some(readAt);
  });
}

function fromPositions(size: number, positions: readonly number[]): ReadAxis {
  const read = new Set(positions);
  return read.size === size ? undefined : Array.from({ length: size }, (_, i) => read.has(i));
}

const either = (a: ReadAxis, b: ReadAxis): ReadAxis =>
  a === undefined || b === undefined ? undefined : a.map((isRead, i) => isRead || b[i]);

/** The values on a path of which the output reads most positions of the image, not only a class token or the last step. */
export function wholeValues(
  network: Network,
  input: string,
  output: string,
  path: GradientPath,
): ReadonlySet<string> {
  const traced = traceAxes(network, input, output);
  const read = readPositions(network, output, path);
  const isWhole = (name: string, axes: readonly ReadAxis[]) =>
    (traced.get(name) ?? []).every((axis, i) => {
      const positions = axes[i];
      if (positions === undefined || !axis.some(isSpace)) return true;
      const image = positions.slice(tokenGridOf(axis)?.prefix ?? 0);
      return 2 * image.filter(Boolean).length >= image.length;
    });
  return new Set([...read].flatMap(([name, axes]) => (isWhole(name, axes) ? name : [])));
}
