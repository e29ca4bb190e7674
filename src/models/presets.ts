import { IMAGENET, type Preprocessing } from '../image/preprocess.ts';
import type { OutputKind } from '../network/output-kind.ts';
import { KERAS_MODES } from './keras.ts';
import { OPENAI_CLIP } from './processors.ts';

/** A family of models by one word: how its pictures are prepared, and what its output holds. */
export interface Preset {
  readonly about: string;
  readonly preprocessing: Partial<Preprocessing>;
  readonly outputKind?: OutputKind;
}

/** Names of `PRESETS`. */
export type PresetName =
  | 'imagenet'
  | 'inception'
  | 'caffe'
  | 'efficientnet-lite'
  | 'vit'
  | 'yolov5'
  | 'yolov8'
  | 'yolo11'
  | 'yolox'
  | 'detr'
  | 'rtdetr'
  | 'segformer'
  | 'clip'
  | 'siglip'
  | 'dinov2'
  | 'raw';

const UNIT = { range: [0, 1], mean: [0], std: [1] } as const;
const HALF = { range: [0, 1], mean: [0.5], std: [0.5] } as const;
const BYTES = { range: [0, 255], mean: [0], std: [1] } as const;
const TORCH = { range: [0, 1], ...IMAGENET } as const;
/** A center crop of 224 of 256 pixels. */
const CROP = { fit: 'crop', cropPct: 0.875 } as const;

const ultralytics = (name: string): Preset => ({
  about: `${name} of Ultralytics: letterbox, 0..1`,
  preprocessing: { fit: 'letterbox', ...UNIT },
  outputKind: 'detections',
});

/**
 * Preprocessing and output of families of models, for exports that say nothing about them. A setting of
 * `preprocessing` replaces that of the preset; sizes apply where the model does not fix its own.
 *
 * @example
 * const explainer = await Explainer.load('yolov8n.onnx', { preset: 'yolov8' });
 */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  imagenet: {
    about: "classifiers of torchvision and most of timm: center crop, ImageNet's mean and deviation",
    preprocessing: { ...CROP, ...TORCH },
    outputKind: 'classes',
  },
  inception: {
    about: 'Inception, MobileNet and EfficientNet of TensorFlow: center crop, -1..1',
    preprocessing: { ...CROP, ...HALF },
    outputKind: 'classes',
  },
  caffe: {
    about: 'networks born in Caffe: center crop, BGR, 0..255 minus the mean',
    preprocessing: { ...CROP, ...KERAS_MODES.caffe },
    outputKind: 'classes',
  },
  'efficientnet-lite': {
    about: 'EfficientNet-Lite of TensorFlow: center crop, (byte - 127) / 128',
    preprocessing: { ...CROP, range: [0, 255], mean: [127], std: [128] },
    outputKind: 'classes',
  },
  vit: {
    about: "Google's ViT: stretched to 224 pixels, -1..1",
    preprocessing: { width: 224, height: 224, fit: 'stretch', ...HALF },
    outputKind: 'classes',
  },
  yolov5: ultralytics('YOLOv5'),
  yolov8: ultralytics('YOLOv8'),
  yolo11: ultralytics('YOLO11'),
  yolox: {
    about: 'YOLOX: letterbox, BGR, 0..255',
    preprocessing: { fit: 'letterbox', channels: 'bgr', ...BYTES },
    outputKind: 'detections',
  },
  detr: {
    about: "DETR: stretched to 800 pixels, ImageNet's mean and deviation",
    preprocessing: { width: 800, height: 800, fit: 'stretch', ...TORCH },
    outputKind: 'detections',
  },
  rtdetr: {
    about: 'RT-DETR: stretched to 640 pixels, 0..1',
    preprocessing: { width: 640, height: 640, fit: 'stretch', ...UNIT },
    outputKind: 'detections',
  },
  segformer: {
    about: "SegFormer: stretched to 512 pixels, ImageNet's mean and deviation",
    preprocessing: { width: 512, height: 512, fit: 'stretch', ...TORCH },
    outputKind: 'classes',
  },
  clip: {
    about: 'image encoder of CLIP: center crop, bicubic, its own mean and deviation',
    preprocessing: { width: 224, height: 224, fit: 'crop', resample: 'bicubic', range: [0, 1], ...OPENAI_CLIP },
    outputKind: 'values',
  },
  siglip: {
    about: 'image encoder of SigLIP: stretched to 224 pixels, bicubic, -1..1',
    preprocessing: { width: 224, height: 224, fit: 'stretch', resample: 'bicubic', ...HALF },
    outputKind: 'values',
  },
  dinov2: {
    about: "DINOv2: center crop, bicubic, ImageNet's mean and deviation",
    preprocessing: { width: 224, height: 224, ...CROP, resample: 'bicubic', ...TORCH },
    outputKind: 'values',
  },
  raw: {
    about: 'models that normalize by themselves: 0..255',
    preprocessing: { ...BYTES },
  },
};
