import type { Rule } from '../rule.ts';
import { ACTIVATION } from './activation.ts';
import { CONVOLUTION } from './convolution.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { FUSED } from './fused.ts';
import { INDEXING } from './indexing.ts';
import { MATMUL } from './matmul.ts';
import { NORMALIZATION } from './normalization.ts';
import { POOLING } from './pooling.ts';
import { QUANTIZED } from './quantized.ts';
import { REDUCTION } from './reduction.ts';
import { RESIZE } from './resize.ts';
import { SHAPE } from './shape.ts';

/** Every operator that camwasm differentiates: one row each. */
export const RULES: Readonly<Record<string, Rule>> = {
  ...ACTIVATION,
  ...ELEMENTWISE,
  ...NORMALIZATION,
  ...REDUCTION,
  ...CONVOLUTION,
  ...POOLING,
  ...RESIZE,
  ...SHAPE,
  ...INDEXING,
  ...MATMUL,
  ...FUSED,
  ...QUANTIZED,
};

export { ZERO_GRADIENT } from './zero.ts';
