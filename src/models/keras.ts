import { IMAGENET, type Preprocessing } from '../image/preprocess.ts';

/** A `mode` of Keras' preprocessing. */
export type KerasMode = 'caffe' | 'tf' | 'torch';

/** Settings that a mode decides. */
export type KerasPreprocessing = Pick<Preprocessing, 'range' | 'mean' | 'std'> &
  Partial<Pick<Preprocessing, 'channels'>>;

/**
 * Preprocessing by the `mode` of keras.applications.imagenet_utils.preprocess_input: `caffe` for ResNet and VGG, `tf`
 * for MobileNet, Inception, Xception and ResNetV2, `torch` for DenseNet.
 *
 * @example
 * const explainer = await Explainer.load('vgg16.onnx', { preprocessing: KERAS_MODES.caffe });
 */
export const KERAS_MODES: Readonly<Record<KerasMode, KerasPreprocessing>> = {
  caffe: { channels: 'bgr', range: [0, 255], mean: [103.939, 116.779, 123.68], std: [1] },
  tf: { range: [-1, 1], mean: [0], std: [1] },
  torch: { range: [0, 1], ...IMAGENET },
};

export const isKerasMode = (value: unknown): value is KerasMode =>
  typeof value === 'string' && Object.hasOwn(KERAS_MODES, value);
