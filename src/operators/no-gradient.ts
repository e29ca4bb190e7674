import { CamError } from '../errors.ts';
import type { Node } from '../onnx/model.ts';

/** A node in the way of a gradient. Whoever knows layers and methods can say what to do instead. */
export class NoGradientError extends CamError {
  readonly node: Node;

  /** `what` says of the node why it has no gradient: «mode "tf_crop_and_resize"». */
  constructor(node: Node, opset: number, what: string) {
    const { op, outputs } = node;
    const name = node.name || outputs.find(Boolean) || op;
    super(
      'UNSUPPORTED_OPERATOR',
      `The node "${name}" is ${op} (opset ${opset}), which has no gradient: ${what}.`,
    );
    this.node = node;
  }
}

/** Operators that no gradient can pass, whoever wrote the rule, and why. */
export const BARRIERS: Readonly<Record<string, string>> = {
  If: 'it takes one way or another as the values are',
  Loop: 'it runs a graph of its own, again and again',
  Scan: 'it runs a graph of its own, again and again',
  NonMaxSuppression: 'it chooses boxes',
};

/** Why a node without a rule has none. */
export const whyNoRule = (node: Node, isFunction: boolean): string =>
  BARRIERS[node.op] ??
  (isFunction ? 'it is a function of the model' : 'camwasm has no rule for this operator');
