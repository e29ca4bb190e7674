import { elementwise, lost } from './axis-rules.ts';
import type { Operator } from './operator.ts';

const list: Operator = { axes: lost, lists: true, barrier: 'it holds a list of tensors' };
// a state often keeps its shape, position by position
const loop: Operator = { axes: elementwise, barrier: 'it runs a graph of its own, again and again' };

/** Operators that no gradient can pass, whoever writes the rule. */
export const BARRIERS: Readonly<Record<string, Operator>> = {
  If: { axes: lost, barrier: 'it chooses between graphs by its values' },
  Loop: loop,
  Scan: loop,
  NonMaxSuppression: { axes: lost, barrier: 'it chooses boxes' },

  Optional: list,
  OptionalGetElement: list,
  OptionalHasElement: list,
  SequenceConstruct: list,
  SequenceEmpty: list,
  SequenceErase: list,
  SequenceInsert: list,
  SequenceMap: list,
  SplitToSequence: list,
  'ai.onnx.ml.ZipMap': list,
};
