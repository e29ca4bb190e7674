import { suite } from 'uvu';
import { CamError, Explainer, toPNG } from '../../src/index.ts';
import * as assert from '../helpers/assert.ts';
import { Draft } from '../network/draft.ts';

const test = suite('a second image input');

/** A Siamese network: features of two pictures, and the sum of their product for each of three classes. */
function siamese(): Uint8Array {
  const d = new Draft();
  const kernel = d.weights(3, 3, 3, 3);
  const features = (name: string) =>
    d.relu(d.e.op('Conv', [d.e.input(name, 'float32', [1, 3, 8, 8]), kernel], { pads: [1, 1, 1, 1] }));
  const both = d.e.mul(features('left'), features('right'));
  d.e.output(d.head(both, 3, [2, 3]), 'y');
  return d.e.bytes(new Map([['', 18]]), 8);
}

const picture = (shade: number) => ({
  data: new Uint8ClampedArray(4 * 10 * 10).map((_, at) => (at % 4 === 3 ? 255 : (at * shade) % 256)),
  width: 10,
  height: 10,
});

test('takes a picture in every form, preprocessed like the image', async () => {
  const explainer = await Explainer.load(siamese());
  const [left, right] = [picture(3), picture(7)];
  const score = async (a: typeof left, inputs: Record<string, never>) =>
    (await explainer.explain(a, { inputs, class: 1 })).target.score;
  const direct = await score(left, { right } as never);
  assert.is(await score(left, { right: await toPNG(right) } as never), direct);
  // The network is symmetric.
  assert.ok(Math.abs((await score(right, { right: left } as never)) - direct) < 1e-4);
  assert.not.equal(await score(left, { right: left } as never), direct);
  await explainer.close();
});

test('says which input is missing or wrong', async () => {
  const explainer = await Explainer.load(siamese());
  for (const [inputs, message] of [
    [{}, /inputs besides the image "left": "right"/],
    [{ wrong: picture(1) }, /"wrong"/],
    [{ right: new Uint8Array(9) }, /not an image/],
  ] as const) {
    const error = await explainer.explain(picture(3), { inputs }).catch((e: unknown) => e);
    assert.instance(error, CamError);
    assert.match((error as CamError).message, message);
  }
  await explainer.close();
});

test.run();
