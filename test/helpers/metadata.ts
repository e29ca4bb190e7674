import { MessageWriter } from '../../src/onnx/wire.ts';

/** A model with entries of `metadata_props`, appended as protobuf allows. */
export function withMetadata(model: Uint8Array, entries: Readonly<Record<string, string>>): Uint8Array {
  const writer = new MessageWriter();
  for (const [key, value] of Object.entries(entries))
    writer.message(14, new MessageWriter().string(1, key).string(2, value));
  return Uint8Array.from([...model, ...writer.bytes()]);
}
