/**
 * Where did the model look? Class activation maps for any image and any ONNX model.
 *
 * @module
 */
export { CamError, type ErrorCode } from './errors.ts';
export {
  type ArtifactOptions,
  type MapArray,
  mapsOf,
  rawArrays,
  type WriteResult,
  WRITERS,
} from './explain/artifact.ts';
export type { Format } from './options/options.ts';
export { KNOWN_MODELS, type KnownModel, type KnownModelName, type ModelTask } from './hub/known-models.ts';
export {
  downloadModel,
  findModel,
  type FoundModel,
  type ListedModel,
  listModels,
  removeModel,
} from './hub/models.ts';
export { isModelName } from './hub/reference.ts';
export { Explainer, type ModelInfo } from './explain/explainer.ts';
export {
  errorImageJson,
  type ClassJson,
  type ClassScoreJson,
  type ErrorJson,
  type FailureJson,
  type ImageJson,
  imageJson,
  type MethodJson,
  type MethodsJson,
  methodsJson,
  type OutputJson,
  type ResultJson,
  resultJson,
  SCHEMA,
  type Subject,
} from './explain/json.ts';
export {
  inspect,
  type Barrier,
  type Explained,
  type Inspection,
  type LayerInfo,
  type ModuleInfo,
} from './explain/inspect.ts';
export {
  verifyGradients,
  type GradientCheck,
  type MissingGradient,
  type Verification,
} from './explain/verify.ts';
export type { OptimizerCheck } from './explain/verify-optimizer.ts';
export type { DirectionalCheck, Verdict } from './explain/directional.ts';
export { onScale, overlay, toJPEG, toPNG } from './explain/overlay.ts';
export { COLORMAPS, DEFAULT_COLORMAP, type Colormap } from './image/colormaps.ts';
export { readNpy, readNpyNumbers, writeNpy, type NpyArray, type NpyNumbers } from './image/npy.ts';
export { type Preset, PRESETS } from './models/presets.ts';
export { KERAS_MODES, type KerasMode, type KerasPreprocessing } from './models/keras.ts';
export { resizePicture } from './image/resize.ts';
export { findMethods, type FoundMethod, type MethodChoice } from './methods/choice.ts';
export { findMethod, METHODS, type MethodInfo } from './methods/index.ts';
export { readBytes } from './platform/files.ts';
export { findClass } from './targets/find-class.ts';
export { shortLabels } from './targets/label-names.ts';
export { targetOf } from './targets/given.ts';
export { filesOf, targetText } from './targets/kinds.ts';
export { parseTarget } from './targets/parse.ts';
export type * from './types.ts';
