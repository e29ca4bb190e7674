import { type DataType, dataTypeCode } from '../onnx/data-type.ts';
import { type AttributeValue, nodeProto } from '../onnx/emitter.ts';
import type { GraphNode } from '../onnx/model.ts';
import { readNode } from '../onnx/read.ts';
import { type MadeType, makeTensor } from '../onnx/tensor.ts';

/** The plain nodes of a fused one, in execution order, as they are drafted. */
export interface PlainNodes {
  readonly nodes: readonly GraphNode[];
  /** A name for a value that the model lacks: in the same module as the fused node's first output. */
  named(part: string): string;
  /** Appends a node and returns the name of its output, the first one of several. */
  op(
    op: string,
    inputs: readonly string[],
    output: string | readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
  ): string;
  /** int64 [n] */
  ints(values: readonly number[]): string;
  /** Real numbers in the type of the fused node's values. */
  numbers(dims: readonly number[], values: ArrayLike<number>): string;
}

/** Drafts the plain nodes of `fused`, whose real numbers are of `type`. */
export function plainNodes({ name, outputs, metadata }: GraphNode, type: DataType = 'float32'): PlainNodes {
  const nodes: GraphNode[] = [];
  let constants = 0;
  const named = (part: string) => `${outputs[0]}:${part}`;
  const op: PlainNodes['op'] = (operator, inputs, output, attributes) => {
    const made = [output].flat();
    const node = readNode(nodeProto(operator, inputs, made, attributes).bytes());
    nodes.push({ ...node, metadata, name: made[0] === outputs[0] ? name : '' });
    return made[0];
  };
  const constant = (made: MadeType, dims: readonly number[], values: ArrayLike<number>) =>
    op('Constant', [], named(`constant ${++constants}`), { value: makeTensor('', made, dims, values) });
  return {
    nodes,
    named,
    op,
    ints: (values) => constant('int64', [values.length], values),
    numbers(dims, values) {
      const single = constant('float32', dims, values);
      return type === 'float32'
        ? single
        : op('Cast', [single], `${single} as ${type}`, { to: dataTypeCode(type) });
    },
  };
}
