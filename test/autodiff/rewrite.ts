import type { GraphNode } from '../../src/onnx/model.ts';
import { fields, MessageWriter } from '../../src/onnx/wire.ts';

/** The node with other inputs and outputs; its operator and attributes stay. */
export function rewired(node: GraphNode, inputs: readonly string[], outputs: readonly string[]): Uint8Array {
  const message = new MessageWriter();
  for (const name of inputs) message.string(1, name);
  for (const name of outputs) message.string(2, name);
  for (const field of fields(node.proto)) if (field.id > 2) message.bytesField(field.id, field.bytes);
  return message.bytes();
}
