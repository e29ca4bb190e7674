// Mutations of good files, by a source of uniform numbers in [0, 1).
import { type Field, fields, MessageWriter } from '../../src/onnx/wire.ts';

export type Draw = () => number;

/** A whole number below `count`. */
export const below = (draw: Draw, count: number): number => Math.floor(draw() * count);

export const oneOf = <Value>(draw: Draw, values: readonly Value[]): Value =>
  values[below(draw, values.length)];

/** Numbers at which programs go wrong. */
export const EDGES: readonly number[] = [
  ...[0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 4096, 20_000, 32_767, 32_768, 65_535, 65_536, 99_999],
  ...[2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, -1, -2, -(2 ** 31)],
];

type Mutation = (bytes: Uint8Array, draw: Draw) => Uint8Array;

const set =
  (size: 1 | 2 | 4): Mutation =>
  (bytes, draw) => {
    if (bytes.length < size) return bytes;
    const out = bytes.slice();
    const view = new DataView(out.buffer);
    const [at, value, little] = [below(draw, bytes.length - size + 1), oneOf(draw, EDGES), draw() < 0.5];
    if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setUint16(at, value, little);
    else view.setUint32(at, value, little);
    return out;
  };

const part = (bytes: Uint8Array, draw: Draw): [from: number, to: number] => {
  const from = below(draw, bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + below(draw, 64))];
};

const MUTATIONS: readonly Mutation[] = [
  (bytes, draw) => {
    const out = bytes.slice();
    if (out.length > 0) out[below(draw, out.length)] ^= 1 << below(draw, 8);
    return out;
  },
  set(1),
  set(2),
  set(4),
  (bytes, draw) => bytes.slice(0, below(draw, bytes.length + 1)),
  (bytes, draw) => {
    const [from, to] = part(bytes, draw);
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  },
  (bytes, draw) => {
    const [from, to] = part(bytes, draw);
    return joined(bytes.subarray(0, to), bytes.subarray(from));
  },
  (bytes, draw) => {
    const [from] = part(bytes, draw);
    const noise = Uint8Array.from({ length: 1 + below(draw, 16) }, () => below(draw, 256));
    return joined(bytes.subarray(0, from), noise, bytes.subarray(from));
  },
];

export const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** One to four mutations. */
export function mutated(bytes: Uint8Array, draw: Draw): Uint8Array {
  let out = bytes;
  for (let times = 1 + below(draw, 4); times > 0; times--) out = oneOf(draw, MUTATIONS)(out, draw);
  return out;
}

/** A mutation of text: characters, or its numbers. */
export function mutatedText(text: string, draw: Draw): string {
  if (draw() < 0.5) return new TextDecoder().decode(mutated(new TextEncoder().encode(text), draw));
  const numbers = [...text.matchAll(/-?\d+(\.\d+)?/g)];
  if (numbers.length === 0) return text;
  const { index, 0: found } = oneOf(draw, numbers);
  const value =
    draw() < 0.7 ? String(oneOf(draw, EDGES)) : oneOf(draw, ['1e999', 'null', '[]', '{}', '"x"', '-0']);
  return text.slice(0, index) + value + text.slice(index + found.length);
}

/** A message with one of its parts changed, at any depth; the lengths around it fit. */
export function mutatedMessage(bytes: Uint8Array, draw: Draw): Uint8Array {
  const parts = messageParts(bytes);
  if (!parts || parts.length === 0) return mutated(bytes, draw);
  const at = below(draw, parts.length);
  const action = draw();
  const changed = [...parts];
  if (action < 0.1) changed.splice(at, 1);
  else if (action < 0.2) changed.splice(at, 0, oneOf(draw, parts));
  const message = new MessageWriter();
  changed.forEach((field, i) => write(message, field, i === at && action >= 0.2 ? draw : undefined));
  return message.bytes();
}

function messageParts(bytes: Uint8Array): Field[] | undefined {
  try {
    return [...fields(bytes)];
  } catch {
    return undefined;
  }
}

/** Writes a field, changed if there is a source of changes. */
function write(message: MessageWriter, { id, wire, number, bytes }: Field, draw?: Draw): void {
  if (wire === 2) message.bytesField(id, draw ? mutatedMessage(bytes, draw) : bytes);
  else if (wire === 0) message.int(id, draw ? oneOf(draw, EDGES) : number);
  else message.float(id, draw ? oneOf(draw, [...EDGES, NaN, Infinity]) : number);
}
