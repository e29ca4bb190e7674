import { COREML_EXPORT, OPENVINO_EXPORT, OPTIMUM_EXPORT, SAVED_MODEL_EXPORT } from './foreign-formats.ts';

interface ForeignFolder {
  readonly title: string;
  /** Whether a folder with these names is one. */
  readonly is: (names: readonly string[]) => boolean;
  readonly advice: string;
}

const holds =
  (...wanted: readonly RegExp[]): ForeignFolder['is'] =>
  (names) =>
    wanted.every((name) => names.some((one) => name.test(one)));

/** Folders that are taken for a model, the first that fits counts. */
const FOREIGN_FOLDERS: readonly ForeignFolder[] = [
  { title: 'a TensorFlow SavedModel', is: holds(/^saved_model\.pb(txt)?$/), advice: SAVED_MODEL_EXPORT },
  { title: 'a Core ML package (.mlpackage)', is: holds(/^Manifest\.json$/, /^Data$/), advice: COREML_EXPORT },
  { title: 'a compiled Core ML model (.mlmodelc)', is: holds(/^coremldata\.bin$/), advice: COREML_EXPORT },
  { title: 'an OpenVINO model', is: holds(/\.xml$/, /\.bin$/), advice: OPENVINO_EXPORT },
  {
    title: 'a Hugging Face model',
    is: holds(/^config\.json$/, /\.(safetensors|bin|h5|msgpack)$/),
    advice: OPTIMUM_EXPORT,
  },
];

/** What a folder given as a model is, and what to do. */
export function folderAdvice(names: readonly string[]): string {
  const models = names.filter((name) => /\.onnx$/i.test(name)).sort();
  if (models.length > 0) return `This is a folder. Pass a model in it: ${models.slice(0, 5).join(', ')}.`;
  if (names.includes('onnx')) return 'This is a folder. Pass a model in its folder onnx.';
  const format = FOREIGN_FOLDERS.find(({ is }) => is(names));
  return format
    ? `This is ${format.title}, not an ONNX model. ${format.advice}`
    : 'This is a folder without an ONNX model. Pass an .onnx file.';
}
