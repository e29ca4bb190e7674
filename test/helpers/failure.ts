import { CamError } from '../../src/errors.ts';
import * as assert from './assert.ts';

/** The error that work throws, a CamError. */
export function failure(work: () => unknown): CamError {
  try {
    work();
  } catch (error) {
    assert.instance(error, CamError);
    return error as CamError;
  }
  return assert.unreachable('nothing was thrown') as never;
}

/** The error that a promise is rejected with. */
export async function rejection(work: Promise<unknown>): Promise<CamError> {
  try {
    await work;
  } catch (error) {
    return error as CamError;
  }
  return assert.unreachable('nothing was thrown') as never;
}
