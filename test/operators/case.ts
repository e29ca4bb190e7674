import type { AttributeValue } from '../../src/onnx/emitter.ts';
import type { MadeType } from '../../src/onnx/tensor.ts';

/** One node with inputs: what the generic check differentiates and compares with differences. */
export interface Case {
  /** Distinguishes the cases of one operator: "dilated, asymmetric pads". */
  title?: string;
  op: string;
  inputs: readonly Input[];
  attributes?: Record<string, AttributeValue>;
  /** Number of outputs; each is checked. Default 1. */
  outputs?: number;
  /** Outputs beyond the first that carry no gradient (Dropout's mask) are omitted with `check: [0]`. */
  check?: readonly number[];
  /** Version of ONNX's operator set. Default 18. */
  opset?: number;
  /** The cotangents for `seed`, where differences mean nothing (straight-through estimators, ties). */
  expect?: readonly (readonly number[] | undefined)[];
  /** Default: ones. */
  seed?: readonly number[];
  /** Scale of what is drawn, and of the step of the differences: where a small default such as an epsilon shows. */
  scale?: number;
  /**
   * Roundings of float32 in an element of the output, in units of half its last digit: the error of the differences. More
   * than the default of 16 where the operator rounds coordinates.
   */
  roundings?: number;
  /** Has no gradient: the reason in the error. */
  refuses?: string;
}

export interface Input {
  dims: readonly number[];
  /** Given numbers, or how to draw them (seeded). Default 'normal'. */
  values?: readonly number[] | 'normal' | 'positive' | 'unit' | 'distinct';
  /** Draws keep at least 0.1 away from these: the kinks of a function. */
  avoid?: readonly number[];
  /** Default float32. Inputs of other types are constants, except quantized ones, whose cases state what to `expect`. */
  type?: MadeType;
  /** Fixed inputs are initializers: shapes, axes, weights that are not differentiated. */
  fixed?: true;
  /** An omitted optional input. */
  absent?: true;
}

export const x = (dims: readonly number[], more: Partial<Input> = {}): Input => ({ dims, ...more });

/** A constant float32 input, given or drawn. */
export const weights = (dims: readonly number[], values: Input['values'] = 'normal'): Input => ({
  dims,
  values,
  fixed: true,
});

/** A constant int64 input of rank 1: shapes, axes, pads. */
export const ints = (...values: number[]): Input => ({
  dims: [values.length],
  values,
  type: 'int64',
  fixed: true,
});

export const scalar = (value: number): Input => ({ dims: [], values: [value], fixed: true });

export const absent: Input = { dims: [], absent: true };
