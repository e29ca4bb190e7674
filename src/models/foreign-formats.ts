import { CamError } from '../errors.ts';
import { FOREIGN_IMAGES } from '../image/foreign-images.ts';
import { IMAGE_FORMATS, sniff } from '../image/formats.ts';
import { isNpy } from '../image/npy.ts';
import type { Field } from '../onnx/wire.ts';
import { firstFields, isCoreMl, isGraphDef, isSavedModel } from './foreign-messages.ts';

/** What is known of a file to tell its format. */
export interface FileStart {
  readonly start: Uint8Array;
  /** The start as Latin-1; of a zip archive, also the end. */
  readonly text: string;
  readonly size: number;
  /** The first fields of the file as a protobuf message. */
  readonly message: readonly Field[];
  /** Its path or address, if known. */
  readonly name: string;
}

/** A file that is often taken for an ONNX model. */
export interface ForeignFormat {
  readonly title: string;
  readonly is: (file: FileStart) => boolean;
  /** How to get an ONNX model from it. */
  readonly advice: string;
}

const TORCH_EXPORT =
  'Build the model in Python and export it: torch.onnx.export(model.eval(), torch.zeros(1, 3, 224, 224), "model.onnx").';
const KERAS_EXPORT = 'Export it in Python: model.export("model.onnx", format="onnx"), or with tf2onnx.';
export const OPTIMUM_EXPORT = 'Export its model: optimum-cli export onnx --model <name> <folder>.';
export const SAVED_MODEL_EXPORT =
  'Convert its folder: python -m tf2onnx.convert --saved-model <folder> --output model.onnx.';
export const COREML_EXPORT =
  'Export the network it was made from (torch.onnx.export). An older one, without an ML program, can be converted in Python: onnxmltools.convert_coreml(coremltools.utils.load_spec("model.mlmodel")).';
export const OPENVINO_EXPORT =
  'It cannot be converted back. Pass the .onnx file it was made from, or export that network: torch.onnx.export, or optimum-cli export onnx.';

const isZip = (text: string): boolean => text.startsWith('PK\x03\x04');

/** Pickles of protocols 0 and 1: a dictionary, list, number or global object, in text or with a memo. */
const OLD_PICKLE = /^(\(d[p\n]|\(l[p\n]|[\]}]q|c[A-Za-z_][\w.]*\n\w+\n|I\d+\n|L-?\d+L?\n)/;

/** NVIDIA's plan files. */
const ENGINE = /^[fp]trt/;

/** Start of an engine behind the metadata that Ultralytics writes: their length in 4 bytes, and JSON. */
const engineOffset = (text: string): number =>
  text[4] === '{' ? 4 + text.charCodeAt(0) + 256 * text.charCodeAt(1) : 0;

const ARRAY_ADVICE = 'Pass it as an input, and an .onnx file as the model.';

/** The formats, the first that fits counts. */
export const FOREIGN_FORMATS: readonly ForeignFormat[] = [
  {
    title: 'a Git LFS pointer, not the file itself',
    is: ({ text }) => text.startsWith('version https://git-lfs'),
    advice: 'Fetch the file: git lfs pull.',
  },
  {
    title: 'a web page',
    is: ({ text }) => /^(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)?<(!doctype html|html|head|body)/is.test(text),
    advice: 'Download the file itself (on Hugging Face and GitHub: the address with /resolve/ or /raw/).',
  },
  {
    title: 'a PyTorch checkpoint (.pt, .pth)',
    is: ({ text }) => isZip(text) && /\/(data\.pkl|constants\.pkl)/.test(text),
    advice: TORCH_EXPORT,
  },
  {
    title: 'a Keras model (.keras)',
    is: ({ text }) => isZip(text) && /config\.json|model\.weights\.h5/.test(text),
    advice: KERAS_EXPORT,
  },
  {
    title: 'a file of NumPy arrays (.npz)',
    is: ({ text }) => isZip(text) && /\.npy/.test(text),
    advice: ARRAY_ADVICE,
  },
  { title: 'a zip archive', is: ({ text }) => isZip(text), advice: 'Unpack it and pass the .onnx file inside.' },
  {
    title: 'a pickled PyTorch checkpoint (.pt, .pth)',
    is: ({ start: [first, version], text }) =>
      (first === 0x80 && version >= 2 && version <= 5) || OLD_PICKLE.test(text),
    advice: TORCH_EXPORT,
  },
  {
    title: 'an HDF5 file (Keras .h5)',
    is: ({ text }) => text.startsWith('\x89HDF\r\n\x1a\n'),
    advice: KERAS_EXPORT,
  },
  {
    title: 'a TensorFlow Lite model (.tflite)',
    is: ({ text }) => text.slice(4, 8) === 'TFL3',
    advice: 'Convert it: python -m tf2onnx.convert --tflite model.tflite --output model.onnx.',
  },
  {
    title: "a model in onnxruntime's own format (.ort)",
    is: ({ text }) => text.slice(4, 8) === 'ORTM',
    advice: 'Pass the .onnx file it was made from.',
  },
  {
    title: 'a safetensors file, which holds weights without a graph',
    is: ({ start, text, size }) => text[8] === '{' && headerLength(start) < size,
    advice: OPTIMUM_EXPORT,
  },
  {
    title: 'a GGUF file, which holds weights without a graph',
    is: ({ text }) => text.startsWith('GGUF'),
    advice: OPTIMUM_EXPORT,
  },
  {
    title: 'gzip-compressed',
    is: ({ start: [first, second] }) => first === 0x1f && second === 0x8b,
    advice: 'Unpack it: gunzip.',
  },
  {
    title: 'a JSON file (TensorFlow.js, or settings)',
    is: ({ text }) => /^\s*[{[]\s*["{[]/.test(text),
    advice: 'Pass the .onnx file. TensorFlow.js models can be converted with tf2onnx: --tfjs model.json.',
  },
  {
    title: 'an OpenVINO model (.xml)',
    is: ({ text }) => /^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<net\s/s.test(text),
    advice: OPENVINO_EXPORT,
  },
  {
    title: 'a TensorRT engine',
    is: ({ text }) => ENGINE.test(text) || ENGINE.test(text.slice(engineOffset(text))),
    advice: 'Pass the .onnx file that it was built from: an engine cannot be converted back.',
  },
  { title: 'a TensorFlow SavedModel (saved_model.pb)', is: ({ message }) => isSavedModel(message), advice: SAVED_MODEL_EXPORT },
  {
    title: 'a frozen TensorFlow graph (.pb)',
    is: ({ message }) => isGraphDef(message),
    advice:
      'Convert it: python -m tf2onnx.convert --graphdef model.pb --inputs <input>:0 --outputs <output>:0 --output model.onnx.',
  },
  { title: 'a Core ML model (.mlmodel)', is: ({ message }) => isCoreMl(message), advice: COREML_EXPORT },
  { title: 'a NumPy array (.npy)', is: ({ start }) => isNpy(start), advice: ARRAY_ADVICE },
  {
    title: 'an XML file',
    is: ({ text }) => text.startsWith('<?xml') && !text.includes('<svg'),
    advice: 'Pass an .onnx file.',
  },
  {
    // Bare numbers: an ONNX model starts with the number of its version.
    title: 'a file of weights (.bin), as of OpenVINO, which holds no graph',
    is: ({ start, name }) => start[0] !== 8 && /\.bin$/i.test(name),
    advice: OPENVINO_EXPORT,
  },
];

const headerLength = (start: Uint8Array): number =>
  start.length < 8 ? Infinity : Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));

/** Number of bytes that tell a format. */
const START = 16384;

/** What tells the format of a file. */
export function fileStart(bytes: Uint8Array, name = ''): FileStart {
  const start = bytes.subarray(0, START);
  const first = String.fromCharCode(...start);
  // A zip archive has its table of contents at the end.
  const text = isZip(first) ? first + String.fromCharCode(...bytes.subarray(-START)) : first;
  return { start, text, size: bytes.length, message: firstFields(bytes), name };
}

/** An image, read or not, as a format. */
function imageFormat({ start, text }: FileStart): Omit<ForeignFormat, 'is'> | undefined {
  const read = sniff(start);
  const title = read
    ? `a ${IMAGE_FORMATS[read].title} image`
    : FOREIGN_IMAGES.find(({ magic }) => magic.test(text))?.title;
  return title === undefined
    ? undefined
    : { title, advice: 'Pass images as the input, and an .onnx file as the model.' };
}

/**
 * Recognizes files of other formats; `name` is the path or address of the file.
 * @throws {CamError} BAD_MODEL with the format and how to export it, or for an empty file.
 */
export function requireOnnx(bytes: Uint8Array, name?: string): void {
  if (bytes.length === 0) throw new CamError('BAD_MODEL', 'The file is empty. Download or export it again.');
  const file = fileStart(bytes, name);
  const format = FOREIGN_FORMATS.find(({ is }) => is(file)) ?? imageFormat(file);
  if (format) throw new CamError('BAD_MODEL', `This is ${format.title}, not an ONNX model. ${format.advice}`);
}
