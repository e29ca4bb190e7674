import { ownValue } from '../table.ts';

interface DenoPermissions {
  permissions: {
    querySync(wanted: { name: 'env' | 'read' | 'write'; [key: string]: string }): { state: string };
  };
}

/** Whether Deno grants a permission without asking the user; true in other runtimes. */
export function isGranted(name: 'env' | 'read' | 'write', detail: Readonly<Record<string, string>>): boolean {
  const { Deno } = globalThis as { Deno?: DenoPermissions };
  return Deno === undefined || Deno.permissions.querySync({ ...detail, name }).state === 'granted';
}

/** An environment variable; undefined if it is unset or empty, or the runtime has none. */
export function environmentVariable(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  if (!isGranted('env', { variable: name })) return undefined;
  return ownValue(process?.env ?? {}, name) || undefined;
}
