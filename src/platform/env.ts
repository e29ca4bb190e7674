import process from 'node:process';

interface Deno {
  permissions: { querySync(wanted: { name: 'env' }): { state: string } };
}

/**
 * For a program of its own, not for a library: where Deno was not allowed to show the environment, it is an empty one,
 * so that packages that look into it at import (yargs, debug) neither ask the user nor fail.
 */
export function settleEnvironment(): void {
  const { Deno } = globalThis as { Deno?: Deno };
  if (!Deno || Deno.permissions.querySync({ name: 'env' }).state === 'granted') return;
  Object.defineProperty(process, 'env', { value: {} });
}
