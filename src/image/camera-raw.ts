import { entriesOf } from './tiff.ts';

const NEW_SUBFILE_TYPE = 254;
const PHOTOMETRIC = 262;
const MAKE = 271;
const SUB_DIRECTORIES = 330;
const DNG_VERSION = 50706;

/** A color filter array, and linear raw (DNG 1.6). */
const RAW_PHOTOMETRICS = [32803, 34892];

/**
 * Whether a TIFF file is a camera's raw photo (CR2, DNG, NEF, ARW, PEF): the first page is at most its preview.
 * @throws {RangeError} when the file is truncated.
 */
export function isCameraRaw(view: DataView): boolean {
  const { has, numbers } = entriesOf(view);
  if (has(DNG_VERSION) || RAW_PHOTOMETRICS.includes(numbers(PHOTOMETRIC)[0])) return true;
  if (view.getUint16(8) === 0x4352) return true; // "CR", after the header of a CR2
  const preview = (numbers(NEW_SUBFILE_TYPE)[0] ?? 0) & 1;
  return Boolean(preview) && has(MAKE) && has(SUB_DIRECTORIES);
}
