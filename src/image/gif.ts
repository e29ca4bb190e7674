import { concatenate } from '../platform/bytes.ts';
import type { Header } from './header.ts';

/** Location of the first frame, by GIF89a sections 17 to 25. */
interface Frame {
  /** Offset of the preceding graphic control, which holds the transparent color. */
  readonly control: number | undefined;
  /** Offset of the frame's descriptor; undefined if another block comes first. */
  readonly at: number | undefined;
}

const CONTROL = 0xf9;

/**
 * The screen, extended to include the first frame, which may exceed it.
 * @throws {RangeError} when the file ends before the frame.
 */
export function gifHeader(view: DataView): Header {
  const { at } = frameOf(view);
  const side = (screen: number, near: number, length: number) => {
    const size = view.getUint16(screen, true);
    if (at === undefined) return size;
    return Math.max(size, view.getUint16(at + near, true) + view.getUint16(at + length, true));
  };
  return { width: side(6, 1, 5), height: side(8, 3, 7) };
}

/**
 * A file with the first frame only: the decoder (omggif) parses extensions differently and might find another frame.
 */
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

/** Length in bytes of a color table, from its flags. */
const tableSize = (flags: number): number => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);

function blocksEnd(view: DataView, at: number): number {
  while (view.getUint8(at) > 0) at += 1 + view.getUint8(at);
  return at + 1;
}
