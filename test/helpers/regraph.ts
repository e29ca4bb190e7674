import { type Field, fields, MessageWriter } from '../../src/onnx/wire.ts';

/** A model whose graph is written anew, field by field; `write` says whether it has taken a field's place. */
export function regraph(
  model: Uint8Array,
  write: (field: Field, graph: MessageWriter) => boolean,
): Uint8Array {
  const whole = new MessageWriter();
  for (const part of fields(model)) {
    if (part.id !== 7) {
      if (part.wire === 2) whole.bytesField(part.id, part.bytes);
      else whole.int(part.id, part.number);
      continue;
    }
    const graph = new MessageWriter();
    for (const field of fields(part.bytes)) {
      if (!write(field, graph)) graph.bytesField(field.id, field.bytes);
    }
    whole.message(7, graph);
  }
  return whole.bytes();
}
