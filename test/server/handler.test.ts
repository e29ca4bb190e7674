import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { Explainer } from '../../src/explain/explainer.ts';
import { decode } from '../../src/image/decode.ts';
import { readNpy, writeNpy } from '../../src/image/npy.ts';
import { encodePng } from '../../src/image/png.ts';
import { createHandler, type Handler, type Limits } from '../../src/server/index.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('server');

const photo = readFileSync(new URL('../../examples/golf-ball.jpg', import.meta.url));
const builtin = Explainer.load();
let loads = 0;

/** A handler over one shared model. */
const served = (limits: Partial<Limits> = {}): Handler =>
  createHandler({
    models: {
      builtin: () => {
        loads++;
        return builtin;
      },
    },
    // Time is no subject of the tests that do not set it: the machine may be busy.
    limits: { seconds: 3600, ...limits },
  });

const handler = served();

test.after(async () => (await builtin).close());

interface Ask extends RequestInit {
  readonly accept?: string;
}

function ask(path: string, { accept, ...init }: Ask = {}, to: Handler = handler): Promise<Response> {
  const headers = new Headers(init.headers);
  if (accept !== undefined) headers.set('accept', accept);
  return to.fetch(
    new Request(`http://camwasm.test${path}`, { ...init, headers, duplex: 'half' } as RequestInit),
  );
}

const post = (query: string, body: BodyInit | null, accept?: string, to?: Handler): Promise<Response> =>
  ask(`/explain${query}`, { method: 'POST', body, accept }, to);

const bytesOf = async (response: Response): Promise<Uint8Array> => {
  assert.is(response.status, 200, response.status === 200 ? '' : await response.clone().text());
  return new Uint8Array(await response.arrayBuffer());
};

interface ProblemJson {
  title: string;
  status: number;
  detail: string;
  code: string;
}

/** RFC 9457: the answer is a problem with this status and code. */
async function problem(answer: Promise<Response>, status: number, code: string): Promise<ProblemJson> {
  const response = await answer;
  assert.is(response.headers.get('content-type'), 'application/problem+json');
  assert.is(response.status, status, await response.clone().text());
  const found = (await response.json()) as ProblemJson;
  assert.is(found.status, status);
  assert.is(found.code, code);
  assert.ok(found.title && found.detail);
  return found;
}

// ----- what comes back -----

test('a photo in, a PNG of its size out', async () => {
  const response = await post('?method=layercam', photo);
  assert.is(response.headers.get('content-type'), 'image/png');
  const { width, height } = await decode(await bytesOf(response));
  assert.equal([width, height], [640, 480]);
});

test('NPY and JSON hold the heatmap that the library computes', async () => {
  const { heatmap, layers } = await (await builtin).explain(photo, { method: 'layercam' });
  const npy = readNpy(await bytesOf(await post('?method=layercam', photo, 'application/x-npy')));
  assert.equal(npy.dims, [480, 640]);
  assert.equal(npy.data, heatmap.data);
  const json = (await (await post('?method=layercam', photo, 'application/json')).json()) as {
    schema: string;
    prediction: { label: string }[];
    results: { layers: string[]; map: { dims: number[]; data: number[] } }[];
  };
  assert.is(json.schema, 'camwasm/1');
  assert.is(json.prediction[0].label, 'golf ball');
  assert.equal(json.results[0].layers, layers);
  assert.equal(Float32Array.from(json.results[0].map.data), heatmap.data);
});

test('a form with one file is the same as a body', async () => {
  const form = new FormData();
  form.append('image', new Blob([photo]), 'golf-ball.jpg');
  const query = '?method=gradcam';
  assert.equal(await bytesOf(await post(query, form)), await bytesOf(await post(query, photo)));
});

test('a tensor is told by its first bytes', async () => {
  const image = writeNpy([1, 3, 224, 224], new Float32Array(3 * 224 * 224).fill(0.5));
  const { dims } = readNpy(await bytesOf(await post('', new Blob([image as BlobPart]), 'application/x-npy')));
  assert.equal(dims, [224, 224]);
});

test('several methods and classes come as JSON, with raw maps if asked for', async () => {
  const query = '?method=gradcam,layercam&class=golf%20ball&class=daisy&raw';
  const json = (await (await post(query, photo, 'application/json')).json()) as {
    results: { method: string; class: { label: string }; map: { dims: number[] } }[];
  };
  assert.equal(
    json.results.map(({ method, class: { label } }) => [method, label]),
    [
      ['gradcam', 'golf ball'],
      ['layercam', 'golf ball'],
      ['gradcam', 'daisy'],
      ['layercam', 'daisy'],
    ],
  );
  for (const { map } of json.results) assert.equal(map.dims, [7, 7]);
});

test('methods and models are listed, and the health is told', async () => {
  const methods = (await (await ask('/methods')).json()) as { methods: { id: string }[] };
  assert.ok(methods.methods.some(({ id }) => id === 'layercam'));
  const { models } = (await (await ask('/models')).json()) as {
    models: { id: string; default: boolean; labels: string[]; inputs: object[] }[];
  };
  assert.equal(
    models.map(({ id, default: first, labels }) => [id, first, labels.length]),
    [['builtin', true, 1000]],
  );
  assert.equal(models[0].inputs, [{ name: 'input', type: 'float32', dims: ['N', 3, 'H', 'W'] }]);
  assert.equal(await (await ask('/healthz')).json(), {
    status: 'ok',
    receiving: 0,
    waiting: 0,
    limit: 100,
  });
  assert.is(await (await ask('/healthz', { method: 'HEAD' })).text(), '');
});

test('the model is loaded once', () => assert.is(loads, 1));

// ----- negotiation: RFC 9110, section 12.5.1 -----

const ACCEPTED: [accept: string | undefined, type: string][] = [
  [undefined, 'image/png'],
  ['', 'image/png'],
  ['*/*', 'image/png'],
  ['image/*', 'image/png'],
  ['image/jpeg', 'image/jpeg'],
  ['application/json;q=0.5, application/x-npy', 'application/x-npy'],
  ['text/html, application/json;q=0.9, */*;q=0.1', 'application/json'],
  ['*/*, image/png;q=0, application/json;q=0.2', 'application/x-npy'],
];

for (const [accept, type] of ACCEPTED) {
  test(`Accept: ${accept ?? '(no header)'} gets ${type}`, async () => {
    const response = await post('?raw', photo, accept);
    assert.is(response.headers.get('content-type'), type, await response.clone().text());
  });
}

test('what cannot be had is 406; the format in the query goes first', async () => {
  await problem(post('', photo, 'text/html'), 406, 'NOT_ACCEPTABLE');
  assert.is((await post('?format=npy', photo, 'text/html')).headers.get('content-type'), 'application/x-npy');
});

// ----- what is refused -----

const REFUSED: [query: string, status: number, code: string, detail: RegExp][] = [
  ['?methd=gradcam', 400, 'BAD_OPTION', /"methd".*"method"/],
  ['?method=gradkam', 400, 'UNKNOWN_METHOD', /gradkam/],
  ['?class=unicorn', 400, 'UNKNOWN_CLASS', /unicorn/],
  ['?layer=nowhere', 400, 'UNKNOWN_LAYER', /nowhere/],
  ['?alpha=2', 400, 'BAD_OPTION', /"alpha".*0 to 1/],
  ['?raw=maybe', 400, 'BAD_OPTION', /"raw".*true or false/],
  ['?alpha=0.1&alpha=0.2', 400, 'BAD_OPTION', /2 times/],
  ['?method=gradcam,layercam', 400, 'BAD_OPTION', /one result/],
  ['?model=resnet', 404, 'NOT_FOUND', /builtin/],
  ['?top=17&format=json', 413, 'TOO_LARGE', /17 results/],
  ['?top=1000000000&format=json&raw', 413, 'TOO_LARGE', /1000000000 results/],
  ['?batch-size=33', 413, 'TOO_LARGE', /"batch-size" is 33; the limit is 32/],
];

for (const [query, status, code, detail] of REFUSED) {
  test(`POST /explain${query} is ${status} ${code}`, async () => {
    assert.match((await problem(post(query, photo), status, code)).detail, detail);
  });
}

test('other paths and methods', async () => {
  await problem(ask('/nowhere'), 404, 'NOT_FOUND');
  await problem(ask('/explain'), 405, 'METHOD_NOT_ALLOWED');
  assert.is((await ask('/explain')).headers.get('allow'), 'POST');
  await problem(ask('/methods', { method: 'POST', body: 'x' }), 405, 'METHOD_NOT_ALLOWED');
});

test('bodies that are no image', async () => {
  await problem(post('', 'not an image'), 422, 'BAD_IMAGE');
  await problem(post('', photo.subarray(0, 5000)), 422, 'BAD_IMAGE');
  const [first, second] = [new FormData(), new FormData()];
  first.append('image', new Blob([photo]));
  first.append('mask', new Blob([photo]));
  assert.match((await problem(post('', first), 400, 'BAD_OPTION')).detail, /2 files/);
  second.append('method', 'gradcam');
  assert.match((await problem(post('', second), 400, 'BAD_OPTION')).detail, /"method"/);
});

test('a model that cannot be loaded has its row among the others, and its place on the server is not told', async () => {
  const mixed = createHandler({
    models: { lost: () => Explainer.load('/secret/lost.onnx'), builtin: () => builtin },
  });
  assert.match((await problem(post('', photo, undefined, mixed), 500, 'BAD_MODEL')).detail, /"lost"/);
  const { models } = (await (await ask('/models', {}, mixed)).json()) as {
    models: { id: string; default: boolean; error?: ProblemJson }[];
  };
  assert.equal(
    models.map(({ id, default: first, error }) => [id, first, error?.code]),
    [
      ['lost', true, 'BAD_MODEL'],
      ['builtin', false, undefined],
    ],
  );
  assert.not.match(JSON.stringify(models), /secret/);
});

test('an unforeseen error is not told to the world', async () => {
  const broken = createHandler({ models: { secret: () => Promise.reject(new Error('/etc/secret')) } });
  const { detail } = await problem(post('', photo, undefined, broken), 500, 'UNEXPECTED');
  assert.not.match(detail, /secret/);
});

// ----- limits -----

test('a body over the limit, told or not', async () => {
  const small = served({ bytes: 1000 });
  await problem(post('', photo, undefined, small), 413, 'TOO_LARGE');
  const untold = new Blob([photo]).stream();
  await problem(post('', untold, undefined, small), 413, 'TOO_LARGE');
});

test('a body that trickles', async () => {
  const never = new ReadableStream({ start: (stream) => stream.enqueue(photo.subarray(0, 100)) });
  await problem(post('', never, undefined, served({ receiveSeconds: 0.05 })), 408, 'TOO_SLOW');
});

test('a body that breaks off', async () => {
  const broken = new ReadableStream({ pull: (stream) => stream.error(new Error('ECONNRESET')) });
  await problem(post('', broken), 400, 'CUT_SHORT');
});

test('more pixels than the limit, by the header alone', async () => {
  const wide = await encodePng({ data: new Uint8ClampedArray(4 * 2000), width: 2000, height: 1 });
  const body = new Blob([wide as BlobPart]);
  await problem(post('', body, undefined, served({ pixels: 1999 })), 422, 'BAD_IMAGE');
  assert.is((await post('', body, undefined, served({ pixels: 2000 }))).status, 200);
});

test('more numbers than JSON should carry', async () => {
  const { detail } = await problem(
    post('', photo, 'application/json', served({ numbers: 640 * 480 - 1 })),
    413,
    'TOO_LARGE',
  );
  assert.match(detail, /307200 numbers/);
});

test('out of time between two runs', async () => {
  // Longer than any machine takes to receive the body, shorter than any takes for these runs.
  const answer = post('?method=sscam', photo, undefined, served({ seconds: 2 }));
  await problem(answer, 504, 'ABORTED');
});

test('requests wait for their turn up to the bound, and none is lost; the others come back later', async () => {
  const narrow = served({ waiting: 5 });
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => post('?raw&format=npy', photo, undefined, narrow)),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assert.equal(statuses, [200, 200, 200, 200, 200, 503, 503, 503]);
  const busy = answers.find(({ status }) => status === 503)!;
  assert.match(busy.headers.get('retry-after')!, /^[1-9]\d*$/);
  await problem(Promise.resolve(busy), 503, 'BUSY');
  assert.is((await post('', photo, undefined, narrow)).status, 200);
});

test('who has left does not keep a place', async () => {
  const narrow = served({ waiting: 2 });
  const first = post('?method=smoothgradcampp', photo, undefined, narrow);
  const leaving = new AbortController();
  const gone = ask('/explain', { method: 'POST', body: photo, signal: leaving.signal }, narrow);
  await problem(post('', photo, undefined, narrow), 503, 'BUSY');
  setTimeout(() => leaving.abort(), 20);
  await problem(gone, 504, 'ABORTED');
  assert.is(((await (await ask('/healthz', {}, narrow)).json()) as { waiting: number }).waiting, 1);
  assert.equal([(await post('', photo, undefined, narrow)).status, (await first).status], [200, 200]);
});

test('a client that goes away loses its turn, and no one else', async () => {
  const leaving = new AbortController();
  const fresh = served();
  const first = post('?method=smoothgradcampp', photo, undefined, fresh);
  const gone = ask('/explain', { method: 'POST', body: photo, signal: leaving.signal }, fresh);
  const last = post('', photo, undefined, fresh);
  leaving.abort();
  assert.ok((await gone).status >= 400);
  assert.equal([(await first).status, (await last).status], [200, 200]);
});

test.run();
