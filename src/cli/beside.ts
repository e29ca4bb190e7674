import { CamError } from '../errors.ts';
import type { Failure } from '../index.ts';
import type { Job } from './plan.ts';

/** `all` asks for what the model allows: that it is not made for some methods is no failure, if others worked. */
export function isBeside({ optional }: Job, { method, error }: Failure, worked: number): boolean {
  const unfit = error instanceof CamError && error.code.startsWith('UNSUPPORTED_');
  return unfit && optional.has(method) && worked > 0;
}

/** What is said of the methods that were left out. */
export function besideLine(name: string, failures: readonly Failure[]): string {
  const methods = new Set(failures.map(({ method }) => method));
  return `${name}: not for this model: ${[...methods].join(', ')}.`;
}
