import { concatenate } from './concatenate.ts';
import type { Header } from './header.ts';
import type { Picture } from './source.ts';

/** A chunk of a RIFF file: its four letters, and its contents. */
interface Chunk {
  readonly name: string;
  readonly body: Uint8Array;
  /** With its header, and padded to an even length. */
  readonly whole: Uint8Array;
}

/** The chunks of a WebP file (RFC 9649 section 2.3), or of a frame in it. */
function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = view.getUint32(at + 4, true);
    const end = at + 8 + length + (length % 2);
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    yield { name, body: bytes.subarray(at + 8, at + 8 + length), whole: bytes.subarray(at, end) };
    at = end;
  }
}

const HEADER = 12; // RIFF, the size, WEBP

function chunkNamed(bytes: Uint8Array, name: string): Chunk | undefined {
  for (const chunk of chunksOf(bytes)) if (chunk.name === name) return chunk;
  return undefined;
}

/** Lossy (section 2.5), lossless (2.6) and extended (2.7) files store the size in different places. */
export function webpHeader(view: DataView): Header {
  const kind = String.fromCharCode(view.getUint8(15));
  const complete = view.byteLength >= 8 + view.getUint32(4, true);
  if (kind === 'L') {
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff), complete };
  }
  return kind === 'X'
    ? { width: 1 + uint24(view, 24), height: 1 + uint24(view, 27), complete }
    : { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff, complete };
}

const uint24 = (view: DataView, at: number): number =>
  view.getUint16(at, true) | (view.getUint8(at + 2) << 16);

/** The Exif block of a file. */
export const webpExif = (bytes: Uint8Array): Uint8Array | undefined =>
  chunkNamed(bytes.subarray(HEADER), 'EXIF')?.body;

/** The first frame of an animation, as a file of its own, and its place on the canvas. */
export interface WebpFrame {
  readonly file: Uint8Array;
  readonly x: number;
  readonly y: number;
}

/**
 * The first frame of an animated file; undefined for a still one.
 * @throws {Error} when the animation has no frame.
 */
export function firstWebpFrame(bytes: Uint8Array): WebpFrame | undefined {
  const body = bytes.subarray(HEADER);
  if (!chunkNamed(body, 'ANIM')) return undefined;
  const frame = chunkNamed(body, 'ANMF')?.body;
  if (frame === undefined || frame.length < 16) throw new Error('its animation has no frame');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const chunks = [...chunksOf(frame.subarray(16))].filter(({ name }) =>
    ['ALPH', 'VP8 ', 'VP8L'].includes(name),
  );
  const size = frame.subarray(6, 12); // width and height minus one, as in VP8X
  const hasAlpha = chunks.some(({ name }) => name === 'ALPH');
  const extended = hasAlpha ? [riffChunk('VP8X', concatenate([Uint8Array.of(ALPHA, 0, 0, 0), size]))] : [];
  const parts = concatenate([...extended, ...chunks.map(({ whole }) => whole)]);
  return {
    file: riffChunk('RIFF', concatenate([lettersOf('WEBP'), parts])),
    x: 2 * uint24(view, 0),
    y: 2 * uint24(view, 3),
  };
}

const ALPHA = 0x10;

const lettersOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

function riffChunk(name: string, body: Uint8Array): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, body.length, true);
  return concatenate([lettersOf(name), size, body, new Uint8Array(body.length % 2)]);
}

/** A frame on a transparent canvas. */
export function onCanvas(frame: Picture, { x, y }: WebpFrame, { width, height }: Header): Picture {
  const data = new Uint8ClampedArray(4 * width * height);
  const columns = Math.min(frame.width, width - x);
  for (let row = 0; row < Math.min(frame.height, height - y); row++) {
    const from = 4 * row * frame.width;
    if (columns > 0) data.set(frame.data.subarray(from, from + 4 * columns), 4 * ((y + row) * width + x));
  }
  return { data, width, height };
}
