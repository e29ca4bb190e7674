import type { Header } from './header.ts';

/**
 * More scans than any real image has (a progressive one of libjpeg-turbo has 10). Each takes as long as a whole image,
 * from a few bytes. libjpeg-turbo has TJPARAM_SCANLIMIT for this, and explains it in "Two Issues with the JPEG
 * Standard", https://libjpeg-turbo.org/pmwiki/uploads/About/TwoIssueswiththeJPEGStandard.pdf
 */
export const MOST_SCANS = 100;

const SCAN = 0xda;
const END = 0xd9;

/** Markers without a length: restarts, the start, and one for private use. */
const isAlone = (marker: number): boolean => (marker >= 0xd0 && marker <= 0xd8) || marker === 0x01;

/** A frame header (SOFn) holds the size and precedes the pixels. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

export function jpegHeader(view: DataView): Header {
  let frame: number | undefined;
  let scans = 0;
  for (const { marker, at } of segments(view)) {
    if (isFrame(marker)) frame ??= at;
    if (marker === SCAN) scans++;
  }
  if (frame === undefined) throw new RangeError('no frame header');
  // After the frame header, the end marker is unambiguous.
  let end = view.byteLength - 2;
  while (end > frame && view.getUint16(end) !== 0xff00 + END) end--;
  const components = view.getUint8(frame + 9);
  return {
    height: view.getUint16(frame + 5),
    width: view.getUint16(frame + 7),
    components,
    scans,
    countsTwice: scans > 1 || components > 3,
    complete: end > frame,
  };
}

/** ITU-T T.81 annex B. Bytes between segments are pixels, where 0 follows every 0xff. */
function* segments(view: DataView): Generator<{ marker: number; at: number }> {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  for (let at = bytes.indexOf(0xff, 2); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at)) {
    const marker = bytes[at + 1];
    if (marker === 0xff) at++;
    else if (marker === 0 || isAlone(marker)) at += 2;
    else {
      yield { marker, at };
      if (marker === END) return;
      at += 2 + view.getUint16(at + 2);
    }
  }
}
