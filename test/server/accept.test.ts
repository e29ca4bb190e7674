import { suite } from 'uvu';
import { formatFor } from '../../src/server/accept.ts';
import type { Problem } from '../../src/server/problem.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('formats where no JPEG can be written, as in Workers');

const without = () => Promise.resolve(false);

test('another format that is accepted is taken', async () => {
  assert.is(await formatFor(undefined, 'image/jpeg, image/png;q=0.5', without), 'png');
  assert.is(await formatFor(undefined, 'image/jpeg, */*;q=0.1', without), 'png');
  assert.is(await formatFor('npy', 'image/jpeg', without), 'npy');
});

test('JPEG alone is 406, with what there is instead', async () => {
  for (const [format, accept] of [
    [undefined, 'image/jpeg'],
    ['jpg', '*/*'],
  ] as const) {
    const error = await formatFor(format, accept, without).then(
      () => assert.unreachable('there is a format'),
      (error: unknown) => error as Problem,
    );
    assert.is((error as Problem).code, 'NOT_ACCEPTABLE');
    assert.match(
      (error as Problem).message,
      /Accept one of image\/png, application\/json, application\/x-npy\./,
    );
  }
});

test.run();
