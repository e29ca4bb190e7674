import { fields, MessageWriter } from '../../src/onnx/wire.ts';
import { regraph } from './regraph.ts';

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
  const whole = regraph(model, (field, graph) => {
    if (field.id === 5) graph.message(5, moved(field.bytes));
    return field.id === 5;
  });
  const joined = new MessageWriter();
  weights.forEach((part) => joined.raw(part));
  return { model: whole, weights: joined.bytes() };
}
