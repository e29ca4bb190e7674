/**
 * Where did the model look? Class activation maps for any image and any ONNX model.
 *
 * @module
 */
export { CamError, type ErrorCode } from './errors.ts';
export { Explainer, type ModelInfo } from './explainer.ts';
export type * from './explanation.ts';
export { METHODS, findMethod } from './methods/index.ts';
export { findClass, splitClasses } from './targets/label.ts';
export { inspect, type Inspection, type LayerInfo, type PortInfo } from './inspect.ts';
