import type { Emitter, Ref } from '../../onnx/emitter.ts';

/** A linear map along one axis: row o holds the weights of the elements that make up the o-th result. */
export type AxisMap = readonly (readonly number[])[];

/** Passes a cotangent of shape `dims` back through one linear map per axis. */
export function transposeMaps(e: Emitter, g: Ref, dims: readonly number[], maps: readonly AxisMap[]): Ref {
  const repeats = maps.map(repeatsOf);
  const summed = sumRepeats(e, g, dims, repeats);
  const rest = repeats.flatMap((times, axis) => (times === 0 ? [axis] : []));
  // The axes that shrink most come first: the others then have less to do.
  const growth = (axis: number) => maps[axis][0].length / maps[axis].length;
  let shape = dims.map((count, axis) => count / (repeats[axis] || 1));
  return rest
    .sort((a, b) => growth(a) - growth(b))
    .reduce((ref, axis) => {
      const from = shape;
      shape = shape.with(axis, maps[axis][0].length);
      return transposeMap(e, ref, from, axis, maps[axis]);
    }, summed);
}

/** How many times in a row a map repeats each element; 0 when it does something else. */
function repeatsOf(map: AxisMap): number {
  const times = map.length / map[0].length;
  const repeats = map.every((row, o) =>
    row.every((weight, i) => weight === Number(Math.floor(o / times) === i)),
  );
  return Number.isInteger(times) && repeats ? times : 0;
}

/** Adds up what stands for the same element. */
function sumRepeats(e: Emitter, g: Ref, dims: readonly number[], repeats: readonly number[]): Ref {
  if (repeats.every((times) => times <= 1)) return g;
  const apart: number[] = [];
  const axes: number[] = [];
  dims.forEach((count, axis) => {
    const times = repeats[axis];
    if (times > 1) axes.push(apart.length + 1);
    apart.push(...(times > 1 ? [count / times, times] : [count]));
  });
  return e.reduceSum(e.reshape(g, apart), axes, false);
}

function transposeMap(e: Emitter, g: Ref, dims: readonly number[], axis: number, map: AxisMap): Ref {
  const [count, size] = [map.length, map[0].length];
  if (axis === dims.length - 1) return e.matmul(g, e.constant('float32', [count, size], map.flat()));
  const transposed = map[0].flatMap((_, i) => map.map((row) => row[i]));
  const weights = e.constant('float32', [size, count], transposed);
  // The axes before are a batch of matrices, those behind are their columns.
  const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  const columns = e.reshape(g, [product(dims.slice(0, axis)), count, product(dims.slice(axis + 1))]);
  return e.reshape(e.matmul(weights, columns), dims.with(axis, size));
}
