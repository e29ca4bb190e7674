import type process from 'node:process';

/**
 * A module of Node's own, in Node, Deno and Bun. The process is asked for it, since bundlers for browsers and Workers
 * refuse code that imports it, even where that code never runs.
 */
export const nodeModule: typeof process.getBuiltinModule = (id: string) => {
  const { process } = globalThis as { process?: NodeJS.Process };
  const found = process?.getBuiltinModule?.(id);
  if (!found) throw new Error(`this runtime has no ${id}`);
  return found as never;
};
