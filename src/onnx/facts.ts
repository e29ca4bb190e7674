import type { DataType } from './data-type.ts';

/**
 * What is known of the values of a graph at one input size. The runtime itself says it, in one run with a Shape
 * node behind every value: there is no table of shape rules that could disagree with it.
 */
export interface Facts {
  readonly dims: ReadonlyMap<string, readonly number[]>;
  readonly types: ReadonlyMap<string, DataType>;
  /** Contents of values that are needed while a graph is built: shapes, axes, pads, scales. */
  readonly values: ReadonlyMap<string, readonly number[]>;
}
