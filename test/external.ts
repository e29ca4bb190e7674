import { fields, MessageWriter } from '../src/onnx/wire.ts';

/** Moves the raw data of all initializers of a model into one file beside it. */
export function external(model: Uint8Array, file: string): { model: Uint8Array; weights: Uint8Array } {
  const weights: Uint8Array[] = [];
  let offset = 0;
  const entry = (key: string, value: string) => new MessageWriter().string(1, key).string(2, value);
  const moved = (tensor: Uint8Array): MessageWriter => {
    const out = new MessageWriter();
    for (const field of fields(tensor)) {
      if (field.id === 9) {
        weights.push(field.bytes);
        for (const [key, value] of Object.entries({ location: file, offset, length: field.bytes.length })) {
          out.message(13, entry(key, String(value)));
        }
        out.int(14, 1);
        offset += field.bytes.length;
      } else if (field.wire === 2) out.bytesField(field.id, field.bytes);
      else out.int(field.id, field.number);
    }
    return out;
  };
  const whole = new MessageWriter();
  for (const part of fields(model)) {
    if (part.id !== 7) {
      if (part.wire === 2) whole.bytesField(part.id, part.bytes);
      else whole.int(part.id, part.number);
      continue;
    }
    const graph = new MessageWriter();
    for (const field of fields(part.bytes)) {
      if (field.id === 5) graph.message(5, moved(field.bytes));
      else graph.bytesField(field.id, field.bytes);
    }
    whole.message(7, graph);
  }
  const joined = new MessageWriter();
  weights.forEach((part) => joined.raw(part));
  return { model: whole.bytes(), weights: joined.bytes() };
}
