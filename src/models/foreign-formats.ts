import { CamError } from '../errors.ts';

/** A file that is often taken for an ONNX model. */
export interface ForeignFormat {
  readonly title: string;
  /** Whether a file starts like one; `text` is the same as Latin-1. */
  readonly is: (start: Uint8Array, text: string, size: number) => boolean;
  /** How to get an ONNX model from it. */
  readonly advice: string;
}

const TORCH_EXPORT =
  'Build the model in Python and export it: torch.onnx.export(model.eval(), torch.zeros(1, 3, 224, 224), "model.onnx").';
const KERAS_EXPORT = 'Export it in Python: model.export("model.onnx", format="onnx"), or with tf2onnx.';
const OPTIMUM_EXPORT = 'Export its model: optimum-cli export onnx --model <name> <folder>.';

const isZip = (text: string): boolean => text.startsWith('PK\x03\x04');

/** The formats, the first that fits counts. */
export const FOREIGN_FORMATS: readonly ForeignFormat[] = [
  {
    title: 'a Git LFS pointer, not the file itself',
    is: (_, text) => text.startsWith('version https://git-lfs'),
    advice: 'Fetch the file: git lfs pull.',
  },
  {
    title: 'a web page',
    is: (_, text) => /^(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)?<(!doctype html|html|head|body)/is.test(text),
    advice: 'Download the file itself (on Hugging Face and GitHub: the address with /resolve/ or /raw/).',
  },
  {
    title: 'a PyTorch checkpoint (.pt, .pth)',
    is: (_, text) => isZip(text) && /\/(data\.pkl|constants\.pkl)/.test(text),
    advice: TORCH_EXPORT,
  },
  {
    title: 'a Keras model (.keras)',
    is: (_, text) => isZip(text) && /config\.json|model\.weights\.h5/.test(text),
    advice: KERAS_EXPORT,
  },
  { title: 'a zip archive', is: (_, text) => isZip(text), advice: 'Unpack it and pass the .onnx file inside.' },
  {
    title: 'a pickled PyTorch checkpoint (.pt, .pth)',
    is: ([first, version]) => first === 0x80 && version >= 2 && version <= 5,
    advice: TORCH_EXPORT,
  },
  {
    title: 'an HDF5 file (Keras .h5)',
    is: (_, text) => text.startsWith('\x89HDF\r\n\x1a\n'),
    advice: KERAS_EXPORT,
  },
  {
    title: 'a TensorFlow Lite model (.tflite)',
    is: (_, text) => text.slice(4, 8) === 'TFL3',
    advice: 'Convert it: python -m tf2onnx.convert --tflite model.tflite --output model.onnx.',
  },
  {
    title: "a model in onnxruntime's own format (.ort)",
    is: (_, text) => text.slice(4, 8) === 'ORTM',
    advice: 'Pass the .onnx file it was made from.',
  },
  {
    title: 'a safetensors file, which holds weights without a graph',
    is: (start, text, size) => text[8] === '{' && headerLength(start) < size,
    advice: OPTIMUM_EXPORT,
  },
  {
    title: 'a GGUF file, which holds weights without a graph',
    is: (_, text) => text.startsWith('GGUF'),
    advice: OPTIMUM_EXPORT,
  },
  {
    title: 'gzip-compressed',
    is: ([first, second]) => first === 0x1f && second === 0x8b,
    advice: 'Unpack it: gunzip.',
  },
  {
    title: 'a JSON file (TensorFlow.js, or settings)',
    is: (_, text) => /^\s*[{[]\s*["{[]/.test(text),
    advice: 'Pass the .onnx file. TensorFlow.js models can be converted with tf2onnx: --tfjs model.json.',
  },
  {
    title: 'an XML file (OpenVINO)',
    is: (_, text) => text.startsWith('<?xml'),
    advice: 'Pass the .onnx file it was made from.',
  },
];

const headerLength = (start: Uint8Array): number =>
  start.length < 8 ? Infinity : Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));

/** Number of bytes that tell a format. */
const START = 16384;

/**
 * Recognizes files of other formats.
 * @throws {CamError} BAD_MODEL with the format and how to export it, or for an empty file.
 */
export function requireOnnx(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new CamError('BAD_MODEL', 'The file is empty. Download or export it again.');
  const start = bytes.subarray(0, START);
  const first = String.fromCharCode(...start);
  // A zip archive has its table of contents at the end.
  const text = isZip(first) ? first + String.fromCharCode(...bytes.subarray(-START)) : first;
  const format = FOREIGN_FORMATS.find(({ is }) => is(start, text, bytes.length));
  if (format) throw new CamError('BAD_MODEL', `This is ${format.title}, not an ONNX model. ${format.advice}`);
}
