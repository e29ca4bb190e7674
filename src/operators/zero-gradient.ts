import { elementwise, lost } from './axis-rules.ts';
import type { Operator } from './operator.ts';

/** Piecewise constant, elementwise. */
const steps: Operator = { axes: elementwise, zeroGradient: true };

/** The output's positions differ from the input's. */
const made: Operator = { axes: lost, zeroGradient: true };

/** Operators whose output is constant or piecewise constant in their inputs: the gradient is zero. */
export const ZERO_GRADIENT: Readonly<Record<string, Operator>> = {
  // shapes and sizes, and values derived from them
  Shape: made,
  Size: made,
  ConstantOfShape: { ...made, foldable: { since: 9, attributes: ['value'] } },
  EyeLike: { ...steps, foldable: { since: 9, attributes: ['dtype', 'k'] } },
  Range: made,

  // positions
  ArgMax: { ...made, picks: true },
  ArgMin: made,
  Hardmax: steps,
  NonZero: { ...made, sizedByContents: true },
  OneHot: made,
  Unique: { ...made, sizedByContents: true },

  // comparisons, logic and bits
  And: steps,
  BitShift: steps,
  BitwiseAnd: steps,
  BitwiseNot: steps,
  BitwiseOr: steps,
  BitwiseXor: steps,
  Equal: steps,
  Greater: steps,
  GreaterOrEqual: steps,
  IsInf: steps,
  IsNaN: steps,
  Less: steps,
  LessOrEqual: steps,
  Not: steps,
  Or: steps,
  Xor: steps,

  // steps
  Ceil: steps,
  Floor: steps,
  Round: steps,
  Sign: steps,

  // random numbers
  Bernoulli: { ...steps, random: true },
  Multinomial: { ...made, random: true },
  RandomNormal: { ...made, random: true },
  RandomNormalLike: { ...steps, random: true },
  RandomUniform: { ...made, random: true },
  RandomUniformLike: { ...steps, random: true },
};
