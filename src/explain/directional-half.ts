/** A slope at zero from differences at several steps. */
export interface ExtrapolatedSlope {
  /** Of the middle, and of half the distance of both sides: a kink at the point keeps them apart. */
  readonly central: number;
  readonly apart: number;
  /** Standard error of both. */
  readonly error: number;
  /** The largest step used. */
  readonly step: number;
}

/** Steps as shares of the length of the point, largest first: 0.1 to 0.001. */
const FITTED_STEPS: readonly number[] = Array.from({ length: 14 }, (_, i) => 0.1 * 2 ** (-i / 2));

/** Fewest steps for a line and a judgment of it. */
const FEWEST = 5;

/** Largest mean square of the distances from a line, in units of the rounding error. */
const LARGEST_MISFIT = 2;

/** Units in the last place at which the rounding is measured: the function itself moves less. */
const UNITS = [0.25, 0.5, 1, 2];

interface Difference {
  readonly step: number;
  readonly central: number;
  readonly apart: number;
}

/**
 * The slope at zero of a function that is computed in half precision. No single step tells it: those that exceed rounding
 * bend, by many kinks in proportion to the step. A line through several does, fitted by least squares, weighted by their
 * rounding errors; large steps are left out until it fits.
 * @param least smallest rounding error of a value.
 */
export async function slopeInHalf(
  f: (step: number) => Promise<number>,
  precision: number,
  least: number,
): Promise<ExtrapolatedSlope> {
  const noise: number[] = [];
  for (const units of UNITS) {
    const [right, left] = [await f(units * precision), await f(-units * precision)];
    noise.push(right ** 2, left ** 2);
  }
  const rounding = Math.max(least, Math.sqrt(noise.reduce((sum, square) => sum + square, 0) / noise.length));
  const all: Difference[] = [];
  for (const step of FITTED_STEPS) {
    const [right, left] = [(await f(step)) / step, -(await f(-step)) / step];
    all.push({ step, central: (right + left) / 2, apart: (right - left) / 2 });
  }
  for (let from = 0; ; from++) {
    const used = all.slice(from);
    const central = lineThrough(
      used.map(({ step, central: y }) => [step, y]),
      rounding,
    );
    if (central.misfit > LARGEST_MISFIT && used.length > FEWEST) continue;
    const apart = lineThrough(
      used.map(({ step, apart: y }) => [step, y]),
      rounding,
    );
    return { central: central.atZero, apart: apart.atZero, error: central.error, step: used[0].step };
  }
}

/** The line y = a + bx by least squares, where the error of y is `rounding`/(√2·x); a, its error, and the mean misfit. */
function lineThrough(
  points: readonly (readonly [x: number, y: number])[],
  rounding: number,
): { readonly atZero: number; readonly error: number; readonly misfit: number } {
  const weightOf = (x: number) => 2 * (x / rounding) ** 2;
  const sum = (of: (x: number, y: number) => number) =>
    points.reduce((total, [x, y]) => total + weightOf(x) * of(x, y), 0);
  const [s, sx, sxx, sy, sxy] = [
    sum(() => 1),
    sum((x) => x),
    sum((x) => x * x),
    sum((_, y) => y),
    sum((x, y) => x * y),
  ];
  const determinant = s * sxx - sx * sx;
  const atZero = (sxx * sy - sx * sxy) / determinant;
  const slope = (s * sxy - sx * sy) / determinant;
  const misfit = sum((x, y) => (y - atZero - slope * x) ** 2) / (points.length - 2);
  return { atZero, error: Math.sqrt(sxx / determinant), misfit };
}
