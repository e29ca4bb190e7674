import type { Model } from './model.ts';
import { readModel } from './read.ts';
import { type Field, fields, MessageWriter } from './wire.ts';

/** Name of a model's own bytes as an external data file. */
const OWN_BYTES = 'camwasm-weights';

/** Bytes of data from which on a tensor is left in place. */
const LARGE = 1 << 16;

/**
 * The model with its large weights left where they are, as if its bytes were an external data file. onnxruntime-web copies
 * a model, parses the copy, and copies every tensor out of it; out of an external file it copies the tensors alone. The
 * parts of the model, such as backward graphs, then refer to the same file instead of having copies, too.
 */
export function streamed(
  model: Model,
): { readonly model: Model; readonly path: string; readonly data: Uint8Array } | undefined {
  const { bytes, graph } = model;
  if (![...graph.initializers.values()].some(({ proto }) => proto.length >= LARGE)) return undefined;
  const light = new MessageWriter();
  for (const field of fields(bytes))
    if (field.id === 7) light.message(7, lightGraph(field.bytes, bytes.byteOffset));
    else copy(light, field);
  return { model: readModel(light.bytes()), path: OWN_BYTES, data: bytes };
}

/** A GraphProto with references to large initializers; `origin` is where the file starts in its buffer. */
function lightGraph(graph: Uint8Array, origin: number): MessageWriter {
  const light = new MessageWriter();
  for (const field of fields(graph))
    if (field.id === 5 && field.bytes.length >= LARGE) light.message(5, lightTensor(field.bytes, origin));
    else copy(light, field);
  return light;
}

/** A TensorProto with a reference to its `raw_data`. */
function lightTensor(tensor: Uint8Array, origin: number): MessageWriter {
  const light = new MessageWriter();
  for (const field of fields(tensor)) {
    if (field.id !== 9) {
      copy(light, field);
      continue;
    }
    const { byteOffset, length } = field.bytes;
    const place = { location: OWN_BYTES, offset: byteOffset - origin, length };
    for (const [key, value] of Object.entries(place))
      light.message(13, new MessageWriter().string(1, key).string(2, String(value)));
    light.int(14, 1);
  }
  return light;
}

function copy(message: MessageWriter, { id, wire, number, bytes }: Field): void {
  if (wire === 0) message.int(id, number);
  else if (wire === 5) message.float(id, number);
  else message.bytesField(id, bytes);
}
