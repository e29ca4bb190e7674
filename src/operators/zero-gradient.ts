import { elementwise, lost } from './axis-rules.ts';
import type { Operator } from './operator.ts';

/** Changes in steps, position by position. */
const steps: Operator = { axes: elementwise, zeroGradient: true };

/** The output's positions are not those of the input. */
const made: Operator = { axes: lost, zeroGradient: true };

/** Operators whose output is constant, or changes in steps, as their inputs move: nothing flows back. */
export const ZERO_GRADIENT: Readonly<Record<string, Operator>> = {
  // shapes and sizes, and values made from them alone
  Shape: made,
  Size: made,
  ConstantOfShape: made,
  EyeLike: steps,
  Range: made,

  // positions
  ArgMax: made,
  ArgMin: made,
  Hardmax: steps,
  NonZero: made,
  OneHot: made,
  Unique: made,

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

  // chance
  Bernoulli: steps,
  Multinomial: made,
  RandomNormal: made,
  RandomNormalLike: steps,
  RandomUniform: made,
  RandomUniformLike: steps,
};
