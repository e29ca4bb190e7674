/**
 * Serves the request handler on Node's `http`, in Node, Deno and Bun.
 *
 * @module
 */
export { listen, nodeListener, type Fetch, type Listening } from '../platform/http.ts';
