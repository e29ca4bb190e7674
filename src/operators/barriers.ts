import { elementwise, lost } from './axis-rules.ts';
import type { Operator } from './operator.ts';

const list: Operator = { axes: lost, lists: true, barrier: 'its value is a list of tensors' };
// the state often keeps its shape
const loop: Operator = { axes: elementwise, sizedByContents: true, barrier: 'it runs a subgraph in a loop' };

/** Operators that cannot have a gradient. */
export const BARRIERS: Readonly<Record<string, Operator>> = {
  If: { axes: lost, sizedByContents: true, barrier: 'it chooses a subgraph by value' },
  Loop: loop,
  Scan: loop,
  NonMaxSuppression: { axes: lost, sizedByContents: true, barrier: 'it selects boxes' },

  Optional: list,
  OptionalGetElement: list,
  OptionalHasElement: list,
  SequenceConstruct: list,
  SequenceEmpty: list,
  SequenceErase: list,
  SequenceInsert: list,
  SequenceMap: list,
  SplitToSequence: list,
  'ai.onnx.ml.ZipMap': { ...list, picks: true },
};
