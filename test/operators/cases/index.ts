import type { Case } from '../case.ts';
import { ACTIVATION_CASES } from './activation.ts';
import { CONVOLUTION_CASES } from './convolution.ts';
import { ELEMENTWISE_CASES } from './elementwise.ts';
import { FUSED_CASES } from './fused.ts';
import { INDEXING_CASES } from './indexing.ts';
import { MATMUL_CASES } from './matmul.ts';
import { NORMALIZATION_CASES } from './normalization.ts';
import { POOLING_CASES } from './pooling.ts';
import { QUANTIZED_CASES } from './quantized.ts';
import { RECURRENT_CASES } from './recurrent.ts';
import { REDUCTION_CASES } from './reduction.ts';
import { RESIZE_CASES } from './resize.ts';
import { ROTARY_CASES } from './rotary.ts';
import { SHAPE_CASES } from './shape.ts';
import { UNFOLD_CASES } from './unfold.ts';

export const CASES: readonly Case[] = [
  ...ACTIVATION_CASES,
  ...ELEMENTWISE_CASES,
  ...NORMALIZATION_CASES,
  ...REDUCTION_CASES,
  ...CONVOLUTION_CASES,
  ...POOLING_CASES,
  ...RESIZE_CASES,
  ...SHAPE_CASES,
  ...INDEXING_CASES,
  ...MATMUL_CASES,
  ...RECURRENT_CASES,
  ...ROTARY_CASES,
  ...UNFOLD_CASES,
  ...FUSED_CASES,
  ...QUANTIZED_CASES,
];
