import { concatenate } from './concatenate.ts';
import type { Header } from './header.ts';

/** Where the first frame lies, by GIF89a sections 17 to 25. Throws RangeError where the file ends before it. */
interface Frame {
  /** Of the graphic control before it, which tells the transparent color. */
  readonly control: number | undefined;
  /** Of its descriptor; undefined where something else comes first. */
  readonly at: number | undefined;
}

const CONTROL = 0xf9;

/** The frame should lie on the screen, but nothing keeps it there: it counts as well. */
export function gifHeader(view: DataView): Header {
  const { at } = frameOf(view);
  const side = (screen: number, near: number, length: number) => {
    const size = view.getUint16(screen, true);
    if (at === undefined) return size;
    return Math.max(size, view.getUint16(at + near, true) + view.getUint16(at + length, true));
  };
  return { width: side(6, 1, 5), height: side(8, 3, 7) };
}

/** A file of the first frame alone: the decoder (omggif) reads extensions in its own way, and might find another. */
export function firstFrame(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { control, at } = frameOf(view);
  if (at === undefined) throw new Error('it has no frame');
  const end = blocksEnd(view, at + 10 + tableSize(view.getUint8(at + 9)) + 1);
  return concatenate([
    bytes.subarray(0, 13 + tableSize(view.getUint8(10))),
    control === undefined ? [] : bytes.subarray(control, blocksEnd(view, control + 2)),
    bytes.subarray(at, end),
    [0x3b],
  ]);
}

function frameOf(view: DataView): Frame {
  let at = 13 + tableSize(view.getUint8(10));
  let control: number | undefined;
  while (view.getUint8(at) === 0x21) {
    if (view.getUint8(at + 1) === CONTROL) control = at;
    at = blocksEnd(view, at + 2);
  }
  return { control, at: view.getUint8(at) === 0x2c ? at : undefined };
}

/** Bytes of a table of colors, by the flags that announce it. */
const tableSize = (flags: number): number => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);

function blocksEnd(view: DataView, at: number): number {
  while (view.getUint8(at) > 0) at += 1 + view.getUint8(at);
  return at + 1;
}
