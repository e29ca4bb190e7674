/**
 * Where did the model look? Class activation maps for any image and any ONNX model.
 *
 * @module
 */
export { CamError, type ErrorCode } from './errors.ts';
export { Explainer, type ModelInfo } from './explain/explainer.ts';
export type * from './types.ts';
export type { Drawable } from './image/drawable.ts';
export type { Picture } from './image/picture.ts';
export type { ModelFiles } from './models/source.ts';
export type { WasmModules } from './types.ts';
export type { OrtModule, RuntimeOptions, Threads } from './runtime/ort.ts';
export { METHODS, findMethod } from './methods/index.ts';
export { findClass, splitClasses } from './targets/label.ts';
export { parseTarget } from './targets/parse.ts';
export { targetText } from './targets/text.ts';
export {
  inspect,
  type Barrier,
  type Explained,
  type InspectOptions,
  type Inspection,
  type LayerInfo,
} from './explain/inspect.ts';
export { parseTokens } from './network/layout.ts';
