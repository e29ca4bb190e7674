import { concatenate } from '../platform/bytes.ts';
import type { Header } from './header.ts';
import { gifPacking, unpackLzw } from './lzw.ts';
import type { Picture } from './source.ts';
import { viewOf } from './tiff.ts';

/** The first frame, by GIF89a sections 20 and 23. */
interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly flags: number;
  /** Number of the transparent color; undefined if the frame is opaque. */
  readonly transparent: number | undefined;
  /** Offset of its color table, or of the pixels if it has none of its own. */
  readonly body: number;
}

const SCREEN = 13; // bytes up to the color table of all frames
const EXTENSION = 0x21;
const CONTROL = 0xf9;
const DESCRIPTOR = 0x2c;
const TABLE = 0x80;
const INTERLACED = 0x40;

/**
 * The screen, extended to include the first frame, which may exceed it.
 * @throws {RangeError} when the file ends before the frame.
 */
export function gifHeader(view: DataView): Header {
  const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)];
  const frame = frameOf(view);
  if (frame === undefined || width * height === 0) return { width, height };
  return {
    width: Math.max(width, frame.left + frame.width),
    height: Math.max(height, frame.top + frame.height),
  };
}

/**
 * Decodes the first frame of a GIF file, on a transparent screen.
 * @throws {Error} with the reason, for a damaged file.
 */
export function decodeGif(bytes: Uint8Array): Picture {
  const view = viewOf(bytes);
  const frame = frameOf(view);
  if (frame === undefined) throw new Error('it has no frame');
  const { left, top, width, height, flags, transparent, body } = frame;
  if (left >= view.getUint16(6, true) || top >= view.getUint16(8, true))
    throw new Error('its first frame lies outside of its screen');
  const local = tableSize(flags);
  const palette =
    local > 0 ? bytes.subarray(body, body + local) : bytes.subarray(SCREEN, SCREEN + tableSize(bytes[10]));
  if (palette.length === 0) throw new Error('it has no colors');
  const at = body + local;
  const depth = view.getUint8(at);
  if (depth < 1 || depth > 8) throw new Error(`its colors have ${depth} bits`);
  const indices = unpackLzw(blocksAt(bytes, at + 1), width * height, gifPacking(depth));
  if (indices.length < width * height) throw new Error('pixels are missing');

  const screen = gifHeader(view);
  const data = new Uint8ClampedArray(4 * screen.width * screen.height);
  storedRows(height, (flags & INTERLACED) > 0).forEach((row, i) => {
    for (let x = 0; x < width; x++) {
      const color = indices[i * width + x];
      // As browsers do, a color that the table lacks is transparent.
      if (color === transparent || 3 * color >= palette.length) continue;
      const place = 4 * ((top + row) * screen.width + left + x);
      for (let c = 0; c < 3; c++) data[place + c] = palette[3 * color + c];
      data[place + 3] = 255;
    }
  });
  return { data, ...screen };
}

function frameOf(view: DataView): Frame | undefined {
  let at = SCREEN + tableSize(view.getUint8(10));
  let transparent: number | undefined;
  while (view.getUint8(at) === EXTENSION) {
    if (view.getUint8(at + 1) === CONTROL)
      transparent = view.getUint8(at + 3) & 1 ? view.getUint8(at + 6) : undefined;
    at = blocksEnd(view, at + 2);
  }
  if (view.getUint8(at) !== DESCRIPTOR) return undefined;
  const [left, top, width, height] = [1, 3, 5, 7].map((offset) => view.getUint16(at + offset, true));
  return { left, top, width, height, flags: view.getUint8(at + 9), transparent, body: at + 10 };
}

/** Length in bytes of a color table, from its flags. */
const tableSize = (flags: number): number => (flags & TABLE ? 3 << ((flags & 7) + 1) : 0);

function blocksEnd(view: DataView, at: number): number {
  while (view.getUint8(at) > 0) at += 1 + view.getUint8(at);
  return at + 1;
}

/** The contents of the sub-blocks (section 15) at an offset. */
function blocksAt(bytes: Uint8Array, at: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (; bytes[at] > 0; at += 1 + bytes[at]) parts.push(bytes.subarray(at + 1, at + 1 + bytes[at]));
  if (bytes[at] !== 0) throw new Error('it ends inside its first frame');
  return concatenate(parts);
}

/** Rows in the order in which they are stored: appendix E. */
function storedRows(height: number, interlaced: boolean): number[] {
  const passes = interlaced
    ? [
        [0, 8],
        [4, 8],
        [2, 4],
        [1, 2],
      ]
    : [[0, 1]];
  const rows: number[] = [];
  for (const [first, step] of passes) for (let row = first; row < height; row += step) rows.push(row);
  return rows;
}
