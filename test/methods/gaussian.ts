/** Σ exp(−d² / 2σ²) x over the neighbors within the cut along one axis, without tricks; the edge is not repeated. */
export function blurredAt(line: readonly number[], at: number, deviation: number, cut: number): number {
  const reach = Math.round(cut * deviation);
  const period = 2 * (line.length - 1);
  let [sum, weights] = [0, 0];
  for (let d = -reach; d <= reach; d++) {
    const place = (((at + d) % period) + period) % period;
    const weight = Math.exp(-(d ** 2) / (2 * deviation ** 2));
    sum += weight * line[place < line.length ? place : period - place];
    weights += weight;
  }
  return sum / weights;
}

/** The same along every axis in turn; `lengths` has the last axis first. */
export function blurredAxes(
  data: ArrayLike<number>,
  lengths: readonly number[],
  deviation: number,
  cut: number,
): number[] {
  let [values, stride] = [Array.from(data), 1];
  for (const length of lengths) {
    values = values.map((_, at) => {
      const place = Math.floor(at / stride) % length;
      const line = Array.from({ length }, (__, i) => values[at + (i - place) * stride]);
      return blurredAt(line, place, deviation, cut);
    });
    stride *= length;
  }
  return values;
}
