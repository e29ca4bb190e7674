import { concatenate } from '../platform/bytes.ts';
import type { Header } from './header.ts';
import { exifOrientation, upright } from './orientation.ts';
import type { Prepared } from './prepared.ts';
import type { Picture } from './source.ts';
import { viewOf } from './tiff.ts';

/** A chunk of a RIFF file: its four letters, and its contents. */
interface Chunk {
  readonly name: string;
  readonly body: Uint8Array;
  /** With its header, and padded to an even length. */
  readonly whole: Uint8Array;
}

/** The chunks of a WebP file (RFC 9649 section 2.3), or of a frame in it. */
function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = viewOf(bytes);
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

/**
 * Of an animation, the first frame as a file of its own, which belongs on a canvas.
 * @throws {Error} when the animation has no frame, or one that extends past its canvas.
 */
export function preparedWebp(bytes: Uint8Array, canvas: Header): Prepared {
  const body = bytes.subarray(HEADER);
  const orientation = exifOrientation(chunkNamed(body, 'EXIF')?.body);
  if (!chunkNamed(body, 'ANIM')) return { file: bytes, finish: (picture) => upright(picture, orientation) };
  const frame = chunkNamed(body, 'ANMF')?.body;
  if (frame === undefined || frame.length < 16) throw new Error('its animation has no frame');
  const file = frameFile(frame);
  const view = viewOf(frame);
  const [x, y] = [2 * uint24(view, 0), 2 * uint24(view, 3)];
  // The decoder trusts the size in the frame's own pixels.
  const { width, height } = webpHeader(viewOf(file));
  if (x + width > canvas.width || y + height > canvas.height)
    throw new Error('its first frame is larger than its canvas');
  return { file, finish: (picture) => upright(onCanvas(picture, x, y, canvas), orientation) };
}

/** The contents of an ANMF chunk as a still image. */
function frameFile(frame: Uint8Array): Uint8Array {
  const pixels = frame.subarray(16);
  const lossless = chunkNamed(pixels, 'VP8L');
  const image = lossless ?? chunkNamed(pixels, 'VP8 ');
  const alpha = lossless ? undefined : chunkNamed(pixels, 'ALPH'); // only lossy images need one
  const size = frame.subarray(6, 12); // width and height minus one, as in VP8X
  const extended = alpha && [
    riffChunk('VP8X', concatenate([Uint8Array.of(ALPHA, 0, 0, 0), size])),
    alpha.whole,
  ];
  return riffChunk('RIFF', concatenate([lettersOf('WEBP'), ...(extended ?? []), image?.whole ?? []]));
}

const ALPHA = 0x10;

const lettersOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

function riffChunk(name: string, body: Uint8Array): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, body.length, true);
  return concatenate([lettersOf(name), size, body, new Uint8Array(body.length % 2)]);
}

/** A frame on a transparent canvas. */
function onCanvas(frame: Picture, x: number, y: number, { width, height }: Header): Picture {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let row = 0; row < frame.height; row++) {
    const from = 4 * row * frame.width;
    data.set(frame.data.subarray(from, from + 4 * frame.width), 4 * ((y + row) * width + x));
  }
  return { data, width, height };
}
