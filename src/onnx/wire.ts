// The protobuf wire format, as far as ONNX uses it: https://protobuf.dev/programming-guides/encoding
import type { Bytes } from '../platform/bytes.ts';

/** A field of a message: a varint or fixed-width value as a number, anything longer as a view of the bytes. */
export interface Field {
  readonly id: number;
  readonly wire: number;
  /** Varint (int64 as a signed number; exact up to 2^53) or, for wire types 1 and 5, the float. */
  readonly number: number;
  /** Length-delimited payload: a view, never a copy. */
  readonly bytes: Uint8Array;
}

const EMPTY = new Uint8Array(0);
const decoder = new TextDecoder();
const encoder = new TextEncoder();

export const utf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

/**
 * Iterates over the fields of a message.
 * @throws {RangeError} when the bytes are not a message.
 */
export function* fields(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cursor = { at: 0 };
  while (cursor.at < bytes.length) {
    const tag = varint(bytes, cursor);
    const wire = tag & 7;
    const id = Math.floor(tag / 8);
    if (id === 0) throw new RangeError('field number 0');
    let number = 0;
    let payload: Uint8Array = EMPTY;
    if (wire === 0) number = varint(bytes, cursor);
    else if (wire === 1) {
      number = view.getFloat64(cursor.at, true);
      cursor.at += 8;
    } else if (wire === 5) {
      number = view.getFloat32(cursor.at, true);
      cursor.at += 4;
    } else if (wire === 2) {
      const length = varint(bytes, cursor);
      if (length < 0 || cursor.at + length > bytes.length) throw new RangeError('a field ends past the data');
      payload = bytes.subarray(cursor.at, cursor.at + length);
      cursor.at += length;
    } else throw new RangeError(`wire type ${wire}`);
    yield { id, wire, number, bytes: payload };
  }
}

/** The numbers of a repeated varint field, packed or not. */
export function* varints(field: Field): Generator<number> {
  if (field.wire === 0) yield field.number;
  else for (const cursor = { at: 0 }; cursor.at < field.bytes.length;) yield varint(field.bytes, cursor);
}

/** The numbers of a repeated float field. */
export function* floats(field: Field): Generator<number> {
  if (field.wire === 5) return yield field.number;
  const view = new DataView(field.bytes.buffer, field.bytes.byteOffset, field.bytes.byteLength);
  for (let at = 0; at + 4 <= view.byteLength; at += 4) yield view.getFloat32(at, true);
}

/** The numbers of a repeated double field. */
export function* doubles(field: Field): Generator<number> {
  if (field.wire === 1) return yield field.number;
  const view = new DataView(field.bytes.buffer, field.bytes.byteOffset, field.bytes.byteLength);
  for (let at = 0; at + 8 <= view.byteLength; at += 8) yield view.getFloat64(at, true);
}

function varint(bytes: Uint8Array, cursor: { at: number }): number {
  let low = 0;
  let high = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    if (cursor.at >= bytes.length) throw new RangeError('a number ends past the data');
    const byte = bytes[cursor.at++];
    const bits = byte & 127;
    if (shift < 28) low |= bits << shift;
    else if (shift === 28) {
      low |= (bits & 15) << 28;
      high |= bits >> 4;
    } else high |= bits << (shift - 32);
    if (byte < 128) return (high | 0) * 2 ** 32 + (low >>> 0);
  }
  throw new RangeError('a number of more than ten bytes');
}

/** Builds a message from fields; payloads are copied once, by `bytes()`. */
export class MessageWriter {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  int(id: number, value: number): this {
    return this.#push(encodeVarint(id * 8), encodeVarint(value));
  }

  float(id: number, value: number): this {
    return this.#push(encodeVarint(id * 8 + 5), new Uint8Array(Float32Array.of(value).buffer));
  }

  string(id: number, value: string): this {
    return this.bytesField(id, encoder.encode(value));
  }

  bytesField(id: number, value: Uint8Array): this {
    return this.#push(encodeVarint(id * 8 + 2), encodeVarint(value.length), value);
  }

  message(id: number, value: MessageWriter): this {
    this.#push(encodeVarint(id * 8 + 2), encodeVarint(value.#length));
    // One at a time: a large graph has more chunks than a call may have arguments.
    for (const chunk of value.#chunks) this.#push(chunk);
    return this;
  }

  /** Appends complete fields. */
  raw(value: Uint8Array): this {
    return this.#push(value);
  }

  /** @param room spare bytes after the message in its buffer. */
  bytes(room = 0): Bytes {
    const out = new Uint8Array(this.#length + room);
    let at = 0;
    for (const chunk of this.#chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out.subarray(0, at);
  }

  #push(...chunks: Uint8Array[]): this {
    for (const chunk of chunks) {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
    }
    return this;
  }
}

function encodeVarint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  out.push(Number(rest));
  return Uint8Array.from(out);
}
