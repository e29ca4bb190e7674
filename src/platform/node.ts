import type process from 'node:process';

/**
 * A built-in module of Node, in Node, Deno and Bun. Loaded through `process`, since bundlers for browsers and Workers
 * reject imports of it, even in code that never runs there.
 */
export const nodeModule: typeof process.getBuiltinModule = (id: string) => {
  const { process } = globalThis as { process?: NodeJS.Process };
  const found = process?.getBuiltinModule?.(id);
  if (!found) throw new Error(`this runtime has no ${id}`);
  return found as never;
};
