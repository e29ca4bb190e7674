/**
 * Where did the model look? Class activation maps for any image and any ONNX model.
 *
 * @module
 */
export { CamError, type ErrorCode } from './errors.ts';
export { WRITERS, mapsOf, rawArrays, type ArtifactOptions, type MapArray } from './explain/artifact.ts';
export { Explainer, type ModelInfo } from './explain/explainer.ts';
export {
  inspect,
  type Barrier,
  type Explained,
  type InspectOptions,
  type Inspection,
  type LayerInfo,
} from './explain/inspect.ts';
export type { ModelInput } from './explain/loaded.ts';
export { onScale, overlay, toJPEG, toPNG } from './explain/overlay.ts';
export { COLORMAPS } from './image/colormaps.ts';
export type { Drawable } from './image/drawable.ts';
export { readNpy, writeNpy, type NpyArray } from './image/npy.ts';
export { findMethod, METHODS } from './methods/index.ts';
export type { ModelFiles } from './models/source.ts';
export { parseTokens } from './network/layout.ts';
export type { OrtModule, RuntimeOptions, Threads } from './runtime/ort.ts';
export { findClass, splitClasses } from './targets/label.ts';
export { parseTarget } from './targets/parse.ts';
export { targetText } from './targets/text.ts';
export type * from './types.ts';
