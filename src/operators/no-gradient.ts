import { CamError } from '../errors.ts';
import type { GraphNode } from '../onnx/model.ts';

/** A node without a gradient. Callers that know layers and methods add advice. */
export class NoGradientError extends CamError {
  readonly node: GraphNode;

  /** @param what the reason: `mode "tf_crop_and_resize"`. */
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

/** Why an operator without a rule has no gradient. */
export const NO_RULE = 'camwasm has no rule for this operator';
