import type { DecodedPicture } from './source.ts';

/** A file in a form that its decoder reads well, in bounded memory and time. */
export interface Prepared {
  readonly file: Uint8Array;
  /** The picture of the original file, from the decoded one. */
  readonly finish: (decoded: DecodedPicture) => DecodedPicture;
}
