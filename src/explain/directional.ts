import { slopeInHalf } from './directional-half.ts';

/**
 * What a comparison says: equal, a kink of the function, too much rounding to tell, a wrong derivative, or a gradient that
 * is not the derivative by convention.
 */
export type Verdict = 'equal' | 'kink' | 'noise' | Exemption | 'mismatch';

/**
 * Conventions: the straight-through estimate of a quantized model, which is not the derivative of its steps, and regions
 * that move with the image, which no gradient passes to.
 */
export type Exemption = 'estimate' | 'detached';

/** A directional derivative, predicted by a gradient and measured by differences. */
export interface DirectionalCheck {
  /** The gradient times the direction. */
  readonly predicted: number;
  /** The central difference at the best step. */
  readonly measured: number;
  /** Their distance, as a share of the larger one, or of a thousandth of both lengths if that is larger. */
  readonly difference: number;
  /** The best step, as a share of the length of the point. */
  readonly step: number;
  readonly verdict: Verdict;
}

/** Steps as shares of the length of the point, largest first. */
const STEPS: readonly number[] = [0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5];

/** How often its usual size a doubt may be before a gradient is wrong: kinks add up by chance. */
const DOUBT = 4;

/** Largest difference of equal derivatives; half precision resolves no smaller one. */
const LARGEST_DIFFERENCE = 0.01;
const LARGEST_DIFFERENCE_IN_HALF = 0.1;

/** Whether arithmetic with this unit in the last place is of half precision. */
export const isHalf = (precision: number): boolean => precision > 2 ** -16;

/** The slope of the rest at one step: from both sides, and in the middle. */
interface Estimate {
  readonly step: number;
  readonly central: number;
  readonly right: number;
  readonly left: number;
  /** Error from rounding the values of the function. */
  readonly rounding: number;
}

/** The function at a step along the direction. */
export interface Moved {
  readonly value: number;
  /** How much the gradient says that the value has changed, at the point as it was rounded. */
  readonly change: number;
}

/** What is known of a derivative before it is measured. */
export interface Prediction {
  /** The gradient times the direction. */
  readonly predicted: number;
  /** The unit in the last place of the function's arithmetic. */
  readonly precision: number;
  /** Length of the gradient times that of the direction: derivatives far below it are not resolved. */
  readonly scale: number;
  /** Why the gradient differs from the derivative by convention, if it does. */
  readonly exempt?: Exemption;
}

/**
 * Compares a directional derivative with differences of the function f along the direction. Large steps bend, in
 * proportion to the step; small ones drown in rounding, in inverse proportion: the best step has the least of both. The
 * prediction has no part in that choice.
 * @param f the function at a step along the direction.
 */
export async function compareDirection(
  f: (step: number) => Promise<Moved>,
  { predicted, precision, scale, exempt }: Prediction,
): Promise<DirectionalCheck> {
  const { value: center } = await f(0);
  // What the gradient does not explain: its slope is zero if the gradient is right.
  const rest = async (step: number) => {
    const { value, change } = await f(step);
    return value - center - change;
  };
  if (isHalf(precision)) return compareInHalf(rest, center, { predicted, precision, scale, exempt });
  const error = await roundingOf(rest, precision * Math.abs(center), precision);
  const estimates: Estimate[] = [];
  for (const step of STEPS) {
    const [right, left] = [(await rest(step)) / step, -(await rest(-step)) / step];
    estimates.push({ step, central: (left + right) / 2, right, left, rounding: (2 * error) / step });
  }
  const bend = bendOf(estimates);
  const doubt = ({ step, rounding }: Estimate) => bend * step + rounding;
  const best = estimates.reduce((least, one) => (doubt(one) < doubt(least) ? one : least));
  const { step } = best;
  const measured = predicted + best.central;
  const unit = Math.max(Math.abs(predicted), Math.abs(measured), scale * 1e-3);
  const difference = unit === 0 ? 0 : Math.abs(best.central) / unit;
  const isEqual = difference <= LARGEST_DIFFERENCE;
  const verdict = isEqual
    ? 'equal'
    : (exempt ?? verdictOn(estimates, best, doubt(best), LARGEST_DIFFERENCE * unit));
  return { predicted, measured, difference, step, verdict };
}

/** The comparison in half precision, by a slope from several steps. */
async function compareInHalf(
  rest: (step: number) => Promise<number>,
  center: number,
  { predicted, precision, scale, exempt }: Prediction,
): Promise<DirectionalCheck> {
  const { central, apart, error, step } = await slopeInHalf(
    rest,
    precision,
    (precision * Math.abs(center)) / 2,
  );
  const measured = predicted + central;
  const unit = Math.max(Math.abs(predicted), Math.abs(measured), scale * 1e-3);
  const off = Math.abs(central);
  const tolerance = LARGEST_DIFFERENCE_IN_HALF * unit;
  const doubt = DOUBT * error;
  const isKink = Math.abs(apart) > doubt && off <= Math.abs(apart) + doubt;
  const found = isKink ? 'kink' : off > tolerance + doubt ? 'mismatch' : 'noise';
  const isEqual = off <= tolerance && error <= tolerance;
  return {
    predicted,
    measured,
    difference: unit === 0 ? 0 : off / unit,
    step,
    verdict: isEqual ? 'equal' : (exempt ?? found),
  };
}

/**
 * How much the two sides, or the estimates of neighboring steps, differ per step: the most of any step above rounding,
 * since the differences of many kinks cancel by chance.
 */
function bendOf(estimates: readonly Estimate[]): number {
  const rates = estimates.flatMap(({ step, left, right, central, rounding }, i) => {
    const next = estimates[i + 1] ?? estimates[i];
    const spread = Math.max(Math.abs(right - left), Math.abs(central - next.central));
    return spread > 2 * (rounding + next.rounding) ? spread / step : [];
  });
  return Math.max(0, ...rates);
}

function verdictOn(
  estimates: readonly Estimate[],
  best: Estimate,
  doubt: number,
  tolerance: number,
): Verdict {
  // A bend shrinks with the step, but the two sides of a kink at the point stay apart.
  const apart = ({ left, right }: Estimate) => Math.abs(right - left);
  const wider = estimates[estimates.indexOf(best) - 1] ?? best;
  const margin = 2 * best.rounding + tolerance;
  const stays = apart(best) > margin && 2 * apart(best) > apart(wider);
  const off = Math.abs(best.central);
  if (stays && off <= apart(best) / 2 + margin) return 'kink';
  // Of many kinks at the point, each adds to the sides by chance.
  return off <= (stays ? DOUBT * (apart(best) / 2) : DOUBT * doubt) + tolerance ? 'noise' : 'mismatch';
}

/** Error of the function's values: what a few units in the last place change beside the gradient. */
async function roundingOf(
  rest: (step: number) => Promise<number>,
  least: number,
  precision: number,
): Promise<number> {
  let largest = least;
  for (const step of [4, 6, 9, 14].map((units) => units * precision))
    largest = Math.max(largest, Math.abs(await rest(step)), Math.abs(await rest(-step)));
  return 2 * largest;
}
