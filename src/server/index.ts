/**
 * camwasm as a web-standard request handler.
 *
 * @module
 */
export { createHandler, type Handler, type HandlerOptions, type ServiceOptions } from './handler.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export type { ModelLoaders, ModelRow } from './models.ts';
export type { AccessOptions } from '../types.ts';
