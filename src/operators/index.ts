import { mergeTables } from '../table.ts';
import { ACTIVATION } from './activation.ts';
import { BARRIERS } from './barriers.ts';
import { CONVOLUTION } from './convolution.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { FUSED } from './fused.ts';
import { FUSED_ATTENTION } from './fused-attention.ts';
import { INDEXING } from './indexing.ts';
import { MATMUL } from './matmul.ts';
import { NORMALIZATION } from './normalization.ts';
import type { Operator } from './operator.ts';
import { POOLING } from './pooling.ts';
import { QUANTIZED } from './quantized.ts';
import { RECURRENT } from './recurrent.ts';
import { REDUCTION } from './reduction.ts';
import { RESIZE } from './resize.ts';
import { ROTARY } from './rotary.ts';
import { SHAPE } from './shape.ts';
import { SOFTMAX } from './softmax.ts';
import { ZERO_GRADIENT } from './zero-gradient.ts';

/** All supported operators by kind, one row each. */
export const OPERATOR_GROUPS: readonly (readonly [
  title: string,
  rows: Readonly<Record<string, Operator>>,
])[] = [
  ['Activations', ACTIVATION],
  ['Elementwise', ELEMENTWISE],
  ['Normalization', NORMALIZATION],
  ['Softmax', SOFTMAX],
  ['Reductions', REDUCTION],
  ['Convolutions', CONVOLUTION],
  ['Pools', POOLING],
  ['Resizing and sampling', RESIZE],
  ['Shape', SHAPE],
  ['Indexing', INDEXING],
  ['Matrix products and attention', MATMUL],
  ['Recurrent layers', RECURRENT],
  ['Rotary positions', ROTARY],
  ["Fused by onnxruntime's optimizer", FUSED],
  ["Attention fused by onnxruntime's optimizer", FUSED_ATTENTION],
  ['Quantized', QUANTIZED],
  ['No gradient, and none needed', ZERO_GRADIENT],
  ['Barriers', BARRIERS],
];

/** The rows by operator name, prefixed with its domain unless that is ONNX: `com.microsoft.FusedConv`. */
export const OPERATORS: ReadonlyMap<string, Operator> = mergeTables(OPERATOR_GROUPS.map(([, rows]) => rows));

/** Whether an operator changes only shape and order. */
export function keepsValues({ op }: { readonly op: string }): boolean {
  const passes = OPERATORS.get(op)?.passes;
  return passes !== undefined && passes !== 'extent';
}
