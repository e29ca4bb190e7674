/**
 * camwasm as a web-standard request handler.
 *
 * @module
 */
export { createHandler, type Handler, type HandlerOptions } from './handler.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export type { ModelLoaders } from './models.ts';
