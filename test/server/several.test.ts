import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { Explainer } from '../../src/explain/explainer.ts';
import { readNpy, writeNpy } from '../../src/image/npy.ts';
import { createHandler } from '../../src/server/index.ts';
import * as assert from '../helpers/assert.ts';
import { fixture } from '../helpers/fixtures.ts';

const test = suite('a server with several models');

const photo = readFileSync(new URL('../../examples/golf-ball.jpg', import.meta.url));
const FIXTURES = ['gap', 'resnet', 'mobilenet_v2', 'squeezenet'];

const served = () =>
  createHandler({
    models: {
      everyday36: () => Explainer.load(),
      ...Object.fromEntries(FIXTURES.map((name) => [name, () => Explainer.load(fixture(name).model)])),
    },
  });

const bodyOf = (name: string): Uint8Array => {
  if (name === 'everyday36') return photo;
  const { dims, data } = fixture(name).tensor('input');
  return writeNpy(dims, data);
};

/** One request for each method and model. */
const REQUESTS = ['everyday36', ...FIXTURES].flatMap((name) =>
  ['gradcam', 'eigencam', 'saliency'].map((method) => ({ name, method, body: bodyOf(name) })),
);

test('requests at once, to two servers of one process, are answered as one after another', async () => {
  const ask =
    ({ fetch }: ReturnType<typeof served>) =>
    async ({ name, method, body }: (typeof REQUESTS)[number]) => {
      const url = `http://camwasm.test/explain?model=${name}&method=${method}&raw&format=npy`;
      const response = await fetch(new Request(url, { method: 'POST', body: body as BodyInit }));
      assert.is(response.status, 200, `${name} ${method}`);
      return readNpy(new Uint8Array(await response.arrayBuffer()));
    };
  const alone = served();
  const expected = [];
  for (const request of REQUESTS) expected.push(await ask(alone)(request));
  const both = [served(), served()];
  const found = await Promise.all(both.map((server) => Promise.all(REQUESTS.map(ask(server)))));
  for (const answers of found) {
    for (const [i, { dims, data }] of expected.entries()) {
      assert.equal(answers[i].dims, dims);
      assert.ok(
        data.every((value, at) => Object.is(value, answers[i].data[at])),
        `${REQUESTS[i].name} ${REQUESTS[i].method}`,
      );
    }
  }
  await Promise.all([alone, ...both].map(({ close }) => close()));
});

test.run();
