import { CamError } from '../errors.ts';
import type { GraphNode } from '../onnx/model.ts';

/** A node that no gradient passes. Callers that know layers and methods can say what to do instead. */
export class NoGradientError extends CamError {
  readonly node: GraphNode;

  /** @param what why the node has no gradient: `mode "tf_crop_and_resize"`. */
  constructor(node: GraphNode, opset: number, what: string) {
    const { op, outputs } = node;
    const name = node.name || outputs.find(Boolean) || op;
    super(
      'UNSUPPORTED_OPERATOR',
      `The node "${name}" is ${op} (opset ${opset}), which has no gradient: ${what}.`,
    );
    this.node = node;
  }
}

/** Why a gradient stops at an operator that nobody has written a rule for. */
export const NO_RULE = 'camwasm has no rule for this operator';
