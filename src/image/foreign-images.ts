/** A format of images that is not read. */
export interface ForeignImage {
  readonly title: string;
  /** The first bytes of a file, as Latin-1. */
  readonly magic: RegExp;
  /** How to get a readable image from it. */
  readonly advice: string;
}

const SAVE = 'Save it as PNG or JPEG.';
const SLICE = 'Convert a slice to PNG, or the volume to a .npy tensor of the shape that the model takes.';

/** Raw photos that do not look like TIFF; others: `isCameraRaw`. */
export const CAMERA_RAW: ForeignImage = {
  title: 'a camera raw photo',
  magic: /^.{4}ftypcrx |^FUJIFILMCCD-RAW|^II(RO|RS|U\0)/s,
  advice: 'Develop it, and save it as PNG, JPEG or TIFF.',
};

export const FOREIGN_IMAGES: readonly ForeignImage[] = [
  { title: 'an AVIF image', magic: /^.{4}ftypavi[fs]/s, advice: SAVE },
  { title: 'a HEIC or HEIF photo', magic: /^.{4}ftyp(hei[cxsm]|hev[cxm]|mif1|msf1)/s, advice: SAVE },
  CAMERA_RAW,
  {
    title: 'a video',
    magic: /^.{4}ftyp|^\x1a\x45\xdf\xa3|^RIFF.{4}AVI /s,
    advice: 'Save a frame as PNG or JPEG.',
  },
  {
    title: 'an SVG drawing',
    magic: /^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?(<!DOCTYPE svg|<svg)/s,
    advice: 'Render it to PNG.',
  },
  { title: 'a PDF document', magic: /^%PDF-/, advice: 'Save a page as PNG.' },
  { title: 'a DICOM image', magic: /^.{128}DICM/s, advice: SLICE },
  { title: 'a NIfTI volume', magic: /^(\x5c\x01\0\0|\0\0\x01\x5c|\x1c\x02\0\0|\0\0\x02\x1c)/, advice: SLICE },
  {
    title: 'a gzip-compressed file',
    magic: /^\x1f\x8b/,
    advice: 'Unpack it first. NIfTI volumes (.nii.gz) can be converted to .npy.',
  },
  { title: 'a JPEG XL image', magic: /^(\xff\x0a|\0\0\0\x0cJXL )/, advice: SAVE },
  { title: 'a JPEG 2000 image', magic: /^(\0\0\0\x0cjP {2}|\xff\x4f\xff\x51)/, advice: SAVE },
  { title: 'an icon', magic: /^\0\0[\x01\x02]\0/, advice: SAVE },
  { title: 'a Photoshop file', magic: /^8BPS/, advice: SAVE },
  { title: 'an OpenEXR image', magic: /^\x76\x2f\x31\x01/, advice: SAVE },
  { title: 'a BigTIFF image', magic: /^(II\x2b\0|MM\0\x2b)/, advice: 'Save it as TIFF, PNG or JPEG.' },
  {
    title: 'a web page',
    magic: /^\s*<(!doctype html|html|head|body)/i,
    advice: 'Download the image itself.',
  },
];

/** Bytes that tell a format: DICOM's mark follows a preamble. */
export const FOREIGN_START = 512;
