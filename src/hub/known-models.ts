import type { Preprocessing } from '../image/preprocess.ts';
import type { PresetName } from '../models/presets.ts';
import { IMAGENET_CLASSES } from './imagenet.ts';

/** What a model does. */
export type ModelTask = 'classification' | 'segmentation' | 'detection';

/** A public model that can be loaded by its name. */
export interface KnownModel {
  readonly task: ModelTask;
  /** Number of classes. */
  readonly classes: number;
  readonly bytes: number;
  /** Published accuracy in percent: top-1 on ImageNet, mean IoU of a segmentation; undefined if there is none. */
  readonly accuracy?: number;
  /** SPDX identifier. */
  readonly license: string;
  /** Repository on the Hugging Face Hub. */
  readonly repository: string;
  readonly file: string;
  /** SHA-256 of the file, in hexadecimal digits. */
  readonly sha256: string;
  readonly preset: PresetName;
  /** Settings that differ from the preset's. */
  readonly preprocessing?: Partial<Preprocessing>;
  /** Class names by index; `imagenet` are the 1,000 of ImageNet-1k in the usual order. */
  readonly labels: 'imagenet' | readonly string[];
}

/** Names of `KNOWN_MODELS`. */
export type KnownModelName =
  | 'densenet121'
  | 'efficientnet-lite4'
  | 'emotion-ferplus'
  | 'fcn-resnet50'
  | 'googlenet'
  | 'mobilenetv2'
  | 'mobilenetv2-qdq'
  | 'resnet18'
  | 'resnet50'
  | 'shufflenetv2'
  | 'squeezenet1.0'
  | 'squeezenet1.1'
  | 'tiny-yolov2'
  | 'vgg16';

/** The repository of a file of the ONNX Model Zoo, which is named after it. */
const zoo = (stem: string) => ({ repository: `onnxmodelzoo/${stem}`, file: `${stem}.onnx` });

const CLASSIFIER = {
  task: 'classification',
  classes: IMAGENET_CLASSES,
  license: 'Apache-2.0',
  preset: 'imagenet',
  labels: 'imagenet',
} as const;

const VOC = [
  ...['aeroplane', 'bicycle', 'bird', 'boat', 'bottle', 'bus', 'car', 'cat', 'chair', 'cow', 'diningtable'],
  ...['dog', 'horse', 'motorbike', 'person', 'pottedplant', 'sheep', 'sofa', 'train', 'tvmonitor'],
];

/**
 * Models of the ONNX Model Zoo, at their present address: https://huggingface.co/onnxmodelzoo. Sizes and checksums are
 * those of the files; preprocessing, labels, licenses and accuracy those of the model's page
 * (https://github.com/onnx/models), except where a comment names another source.
 *
 * @example
 * const { bytes, license } = KNOWN_MODELS.mobilenetv2;
 */
export const KNOWN_MODELS: Readonly<Record<KnownModelName, KnownModel>> = {
  mobilenetv2: {
    ...CLASSIFIER,
    ...zoo('mobilenetv2-12'),
    bytes: 13_964_571,
    accuracy: 70.9,
    sha256: 'c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5',
  },
  'mobilenetv2-qdq': {
    ...CLASSIFIER,
    ...zoo('mobilenetv2-12-qdq'),
    bytes: 3_593_903,
    sha256: '41a36090dafe98f4ad8f9b7fe0b218c56ac3c031e547f0367c30655d2702bffe',
  },
  'squeezenet1.0': {
    ...CLASSIFIER,
    ...zoo('squeezenet1.0-12'),
    bytes: 4_952_956,
    accuracy: 56.8,
    sha256: 'dec81a8684617770b3cf13fadc1d92565d1d453d23935fc6388b792d99c992bd',
    // From Caffe2; as in the accuracy checks of OpenVINO's execution provider.
    preset: 'caffe',
  },
  'squeezenet1.1': {
    ...CLASSIFIER,
    ...zoo('squeezenet1.1-7'),
    bytes: 4_956_208,
    accuracy: 56.3,
    sha256: '1eeff551a67ae8d565ca33b572fc4b66e3ef357b0eb2863bb9ff47a918cc4088',
  },
  shufflenetv2: {
    ...CLASSIFIER,
    ...zoo('shufflenet-v2-12'),
    bytes: 9_218_556,
    accuracy: 69.4,
    license: 'BSD-3-Clause',
    sha256: 'ea69821b4dd374ae2f33f9710dd1229ac263d0ee5b5a46ca3521f6483e1ba035',
  },
  googlenet: {
    ...CLASSIFIER,
    ...zoo('googlenet-12'),
    bytes: 28_021_836,
    accuracy: 67.8,
    license: 'BSD-3-Clause',
    sha256: 'c99c507058eaf41de8723408fdda7db8325cb57f0a89f2ee07a716d6e963e14e',
    preset: 'caffe',
    preprocessing: { fit: 'stretch', cropPct: 1 },
  },
  densenet121: {
    ...CLASSIFIER,
    ...zoo('densenet-12'),
    bytes: 32_726_877,
    license: 'MIT',
    sha256: '0294e7e88e5b3360de9b0fdc321baf9e6ef18b7f058c4536caae3b9f18ed9ed5',
    // From Caffe, where it is scaled by 0.017 (https://github.com/shicai/DenseNet-Caffe).
    preset: 'caffe',
    preprocessing: { mean: [103.94, 116.78, 123.68], std: [1 / 0.017] },
  },
  resnet18: {
    ...CLASSIFIER,
    ...zoo('resnet18-v1-7'),
    bytes: 46_820_737,
    accuracy: 69.9,
    sha256: '4e8f8653e7a2222b3904cc3fe8e304cd8b339ce1d05fd24688162f86fb6df52c',
  },
  'efficientnet-lite4': {
    ...CLASSIFIER,
    ...zoo('efficientnet-lite4-11'),
    bytes: 51_946_641,
    accuracy: 80.4,
    license: 'MIT',
    sha256: 'd111689907c06eea7c82e4833ddef758da6453b9d4cf60b7e99ca05c7cbd9c12',
    preset: 'efficientnet-lite',
  },
  resnet50: {
    ...CLASSIFIER,
    ...zoo('resnet50-v1-12'),
    bytes: 102_576_593,
    accuracy: 74.9,
    sha256: '3f03fdef724b22947eed826f1eef1dc5c34151bb4c37d634f1db89dfa2dd1526',
  },
  vgg16: {
    ...CLASSIFIER,
    ...zoo('vgg16-12'),
    bytes: 553_437_752,
    accuracy: 72.6,
    sha256: '722c42f53ca03a5480296bf8f9c85a151de3eed9ec982d7d2302ff6e2900c67b',
  },
  'emotion-ferplus': {
    ...zoo('emotion-ferplus-8'),
    task: 'classification',
    classes: 8,
    bytes: 35_040_571,
    license: 'MIT',
    sha256: 'a2a2ba6a335a3b29c21acb6272f962bd3d47f84952aaffa03b60986e04efa61c',
    preset: 'raw',
    labels: ['neutral', 'happiness', 'surprise', 'sadness', 'anger', 'disgust', 'fear', 'contempt'],
  },
  'fcn-resnet50': {
    ...zoo('fcn-resnet50-12'),
    task: 'segmentation',
    classes: VOC.length + 1,
    bytes: 141_193_555,
    accuracy: 60.5,
    license: 'MIT',
    sha256: 'eb5017d1b80372eb0b58552655274698817ba2e774437e2c2d3c0a613d2e99bd',
    preset: 'imagenet',
    preprocessing: { width: 520, height: 520, fit: 'stretch', cropPct: 1 },
    labels: ['background', ...VOC],
  },
  'tiny-yolov2': {
    ...zoo('tinyyolov2-8'),
    task: 'detection',
    classes: VOC.length,
    bytes: 63_480_982,
    license: 'MIT',
    sha256: '583fb7fdc948435ceac9fa82efc7708701efe8382a859a3dd46526b155f5f2ae',
    preset: 'raw',
    preprocessing: { fit: 'letterbox' },
    labels: VOC,
  },
};
