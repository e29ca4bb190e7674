import type { Emitter, Ref } from '../onnx/emitter.ts';
import { sizeOf } from '../runtime/tensor.ts';

/** A linear map along one axis: row o has the element weights of result o. */
export type AxisMap = readonly (readonly number[])[];

/** Passes a cotangent of shape `dims` back through one linear map per axis; null leaves an axis unchanged. */
export function transposeMaps(
  e: Emitter,
  g: Ref,
  dims: readonly number[],
  maps: readonly (AxisMap | null)[],
): Ref {
  const repeats = maps.map((map) => (map ? repeatsOf(map) : 1));
  let ref = sumRepeats(e, g, dims, repeats);
  let shape = dims.map((count, axis) => count / (repeats[axis] ?? 1));
  const rest = maps.flatMap((map, axis) => (map && repeats[axis] === undefined ? [{ map, axis }] : []));
  // Axes that shrink most go first, to leave less work for the others.
  const growth = (map: AxisMap) => map[0].length / map.length;
  for (const { map, axis } of rest.sort((a, b) => growth(a.map) - growth(b.map))) {
    ref = transposeMap(e, ref, shape, axis, map);
    shape = shape.with(axis, map[0].length);
  }
  return ref;
}

/** How many times a map repeats each element, if that is all it does. */
function repeatsOf(map: AxisMap): number | undefined {
  const times = map.length / map[0].length;
  const source = (o: number) => Math.floor(o / times);
  const repeats = map.every((row, o) => row.every((weight, i) => weight === Number(i === source(o))));
  return Number.isInteger(times) && repeats ? times : undefined;
}

/** Sums the repeats of each element. */
function sumRepeats(
  e: Emitter,
  g: Ref,
  dims: readonly number[],
  repeats: readonly (number | undefined)[],
): Ref {
  const repeated = repeats.map((times = 1) => times > 1);
  if (!repeated.includes(true)) return g;
  const apart = dims.map((count, axis) =>
    repeated[axis] ? [count / repeats[axis]!, repeats[axis]!] : [count],
  );
  const axes = apart
    .flatMap((parts) => parts.map((_, i) => i === 1))
    .flatMap((copies, axis) => (copies ? [axis] : []));
  return e.reduceSum(e.reshape(g, apart.flat()), axes, false);
}

function transposeMap(e: Emitter, g: Ref, dims: readonly number[], axis: number, map: AxisMap): Ref {
  const [count, size] = [map.length, map[0].length];
  if (axis === dims.length - 1) return e.matmul(g, e.constant('float32', [count, size], map.flat()));
  const transposed = map[0].flatMap((_, i) => map.map((row) => row[i]));
  const weights = e.constant('float32', [size, count], transposed);
  // Preceding axes are a batch of matrices, following axes their columns.
  const columns = e.reshape(g, [sizeOf(dims.slice(0, axis)), count, sizeOf(dims.slice(axis + 1))]);
  return e.reshape(e.matmul(weights, columns), dims.with(axis, size));
}
