/**
 * Where did the model look? Class activation maps for any image and any ONNX model.
 *
 * @module
 */
export { CamError, type ErrorCode } from './errors.ts';
export { WRITERS, mapsOf, rawArrays, type ArtifactOptions, type MapArray } from './explain/artifact.ts';
export { Explainer, type ModelInfo } from './explain/explainer.ts';
export {
  errorImageJson,
  imageJson,
  methodsJson,
  resultJson,
  SCHEMA,
  type ImageJson,
  type MethodsJson,
  type ResultJson,
  type Subject,
} from './explain/json.ts';
export {
  inspect,
  type Barrier,
  type Explained,
  type InspectOptions,
  type Inspection,
  type LayerInfo,
} from './explain/inspect.ts';
export { onScale, overlay, toJPEG, toPNG } from './explain/overlay.ts';
export { COLORMAPS, DEFAULT_COLORMAP, type Colormap } from './image/colormaps.ts';
export type { Drawable } from './image/drawable.ts';
export { readNpy, readNpyNumbers, writeNpy, type NpyArray, type NpyNumbers } from './image/npy.ts';
export { resizePicture } from './image/resize.ts';
export { findMethods, type FoundMethod, type MethodChoice } from './methods/choice.ts';
export { findMethod, METHODS, type MethodInfo } from './methods/index.ts';
export { parseLabels } from './models/labels.ts';
export type { ModelFiles, ModelInput } from './models/source.ts';
export { parseTokens } from './network/layout.ts';
export type { Port } from './onnx/model.ts';
export type { OrtModule, RuntimeOptions, Threads } from './runtime/ort.ts';
export { findClass, splitClasses } from './targets/find-class.ts';
export { filesOf, targetOf, targetText } from './targets/kinds.ts';
export { parseTarget } from './targets/parse.ts';
export type * from './types.ts';
