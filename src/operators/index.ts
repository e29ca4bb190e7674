import type { Rule } from './rule.ts';
import { ACTIVATION } from './activation.ts';
import { CONVOLUTION } from './convolution.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { FUSED } from './fused.ts';
import { INDEXING } from './indexing.ts';
import { MATMUL } from './matmul.ts';
import { NORMALIZATION } from './normalization.ts';
import { POOLING } from './pooling.ts';
import { QUANTIZED } from './quantized.ts';
import { RECURRENT } from './recurrent.ts';
import { REDUCTION } from './reduction.ts';
import { RESIZE } from './resize.ts';
import { ROTARY } from './rotary.ts';
import { SHAPE } from './shape.ts';
import { UNFOLD } from './unfold.ts';

/** Every operator that camwasm differentiates, grouped by kind: one row each. */
export const GROUPS: readonly (readonly [title: string, rules: Readonly<Record<string, Rule>>])[] = [
  ['Activations', ACTIVATION],
  ['Elementwise', ELEMENTWISE],
  ['Normalisation', NORMALIZATION],
  ['Reductions', REDUCTION],
  ['Convolutions', CONVOLUTION],
  ['Pools', POOLING],
  ['Resizing and sampling', RESIZE],
  ['Blocks', UNFOLD],
  ['Shape', SHAPE],
  ['Indexing', INDEXING],
  ['Matrix products and attention', MATMUL],
  ['Recurrent layers', RECURRENT],
  ['Rotary positions', ROTARY],
  ["Fused by onnxruntime's optimiser", FUSED],
  ['Quantised', QUANTIZED],
];

/** The same by operator. */
export const RULES: Readonly<Record<string, Rule>> = Object.assign(
  {},
  ...GROUPS.map(([, rules]) => rules),
) as Record<string, Rule>;

export { ZERO_GRADIENT } from './zero.ts';
