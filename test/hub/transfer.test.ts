import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Context, suite } from 'uvu';
import { type RemoteFile, transfer, type TransferOptions } from '../../src/hub/transfer.ts';
import { STALL_MS, type Web } from '../../src/hub/web.ts';
import { folderStore } from '../../src/platform/folder-store.ts';
import * as assert from '../helpers/assert.ts';
import { rejection } from '../helpers/failure.ts';
import {
  cut as cutAt,
  file,
  inTurn,
  type LocalServer,
  localServer,
  type Receipt,
  receipt,
  redirect,
  type Route,
  status,
} from './server.ts';

interface Here extends Context {
  folder: string;
  server: LocalServer;
  receipt: Receipt;
}

const BYTES = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7 + (i >> 8)) % 251);
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const ETAG = { etag: '"v1"' };

const test = suite<Here>('a download');

test.before.each(async (here) => {
  here.folder = mkdtempSync(join(tmpdir(), 'camwasm-hub-'));
  here.server = await localServer();
  here.receipt = receipt();
});
test.after.each(async ({ folder, server }) => {
  rmSync(folder, { recursive: true });
  await server.close();
});

/** A clock that never lets a server stall, and for which every other wait is over at once. */
function clock(waits: number[] = []): Web['wait'] {
  return (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('over')));
      if (milliseconds === STALL_MS) return;
      waits.push(milliseconds);
      resolve();
    });
}

type Trying = Partial<RemoteFile> &
  Pick<TransferOptions, 'signal' | 'onBytes'> &
  Partial<Web> & { token?: string };

async function download({ folder, server, receipt: { note } }: Here, route: Route, trying: Trying = {}) {
  server.routes.set('/m.onnx', route);
  const { signal, onBytes, token, fetch: fetching = fetch, wait = clock(), ...wanted } = trying;
  const draft = await folderStore(folder).draft('m.onnx');
  const hub = { endpoint: new URL(server.url), token };
  const told: TransferOptions['onBytes'] = (done, total) => {
    note(done);
    onBytes?.(done, total);
  };
  const options = { hub, ...(signal && { signal }), onBytes: told };
  return transfer({ url: new URL('/m.onnx', server.url), ...wanted }, draft, options, {
    fetch: fetching,
    wait,
  });
}

const cut = ({ receipt: { arrived } }: Here, bytes: Uint8Array, after: number, headers = {}): Route =>
  cutAt(bytes, after, headers, arrived);

const content = ({ folder }: Here) => new Uint8Array(readFileSync(join(folder, 'm.onnx')));
const gets = ({ server }: Here) => server.asked.filter((line) => line === 'GET /m.onnx').length;

test('is written whole, with its size and checksum, and nothing beside it', async (here) => {
  const { bytes, sha256, etag } = await download(here, file(BYTES, ETAG));
  assert.equal([bytes, sha256, etag], [BYTES.length, sha(BYTES), '"v1"']);
  assert.equal(content(here), BYTES);
  assert.equal(readdirSync(here.folder), ['m.onnx']);
});

test('tells how much has arrived', async (here) => {
  const seen: [number, number | undefined][] = [];
  await download(here, file(BYTES), { onBytes: (done, total) => seen.push([done, total]) });
  assert.equal(seen[0], [0, BYTES.length]);
  assert.equal(seen.at(-1), [BYTES.length, BYTES.length]);
  for (let i = 1; i < seen.length; i++) assert.ok(seen[i][0] >= seen[i - 1][0]);
});

test('that is cut goes on where it was, if the ETag is the same', async (here) => {
  const ranges: unknown[] = [];
  await download(
    here,
    inTurn(cut(here, BYTES, 40_000, ETAG), (request, response) => {
      ranges.push(request.headers.range, request.headers['if-range']);
      file(BYTES, ETAG)(request, response);
    }),
  );
  assert.equal(ranges, ['bytes=40000-', '"v1"']);
  assert.equal(content(here), BYTES);
});

test('that is cut while the file changes starts again', async (here) => {
  const other = BYTES.map((byte) => byte ^ 1);
  await download(here, inTurn(cut(here, BYTES, 40_000, ETAG), file(other, { etag: '"v2"' })));
  assert.equal(content(here), other);
});

for (const [what, headers] of [
  ['no ETag', {}],
  ['a weak ETag', { etag: 'W/"v1"' }],
] as const) {
  test(`that is cut starts again with ${what} and no checksum`, async (here) => {
    const ranges: unknown[] = [];
    await download(
      here,
      inTurn(cut(here, BYTES, 40_000, headers), (request, response) => {
        ranges.push(request.headers.range);
        file(BYTES, headers)(request, response);
      }),
    );
    assert.equal(ranges, [undefined]);
    assert.equal(content(here), BYTES);
  });
}

test('with a known checksum goes on without an ETag', async (here) => {
  await download(here, inTurn(cut(here, BYTES, 40_000), file(BYTES)), { sha256: sha(BYTES) });
  assert.equal(content(here), BYTES);
  assert.is(gets(here), 2);
});

test('that was continued with bytes of another version is loaded again, once', async (here) => {
  const other = BYTES.map((byte) => byte ^ 1);
  const trying = { sha256: sha(BYTES) };
  const wait: Web['wait'] = (ms, signal) =>
    ms === STALL_MS ? clock()(ms, signal) : Promise.reject(new Error('enough'));
  await rejection(download(here, cut(here, other, 40_000), { ...trying, wait }));
  await download(here, file(BYTES), trying);
  assert.equal(content(here), BYTES);
  assert.equal(readdirSync(here.folder), ['m.onnx']);
});

test('is cut five times, with a new piece each time', async (here) => {
  const piece: Route = (request, response) => {
    const from = Number(/=(\d+)/.exec(request.headers.range ?? '=0')![1]);
    if (from >= 50_000) return file(BYTES, ETAG)(request, response);
    response.writeHead(from === 0 ? 200 : 206, {
      ...ETAG,
      'content-length': BYTES.length - from,
      ...(from > 0 && { 'content-range': `bytes ${from}-${BYTES.length - 1}/${BYTES.length}` }),
    });
    response.write(BYTES.subarray(from, from + 10_000));
    void here.receipt.arrived(from + 10_000).then(() => response.destroy());
  };
  await download(here, piece);
  assert.equal(content(here), BYTES);
  assert.is(gets(here), 6);
});

test('that never gets on fails after four attempts, each after a longer pause, and may be tried again', async (here) => {
  const waits: number[] = [];
  const error = await rejection(download(here, cut(here, BYTES, 0), { wait: clock(waits) }));
  assert.equal([error.code, error.retriable], ['DOWNLOAD', true]);
  assert.equal(waits, [500, 1000, 2000]);
  assert.is(gets(here), 4);
  assert.equal(readdirSync(here.folder), []);
});

test('of fewer bytes than the server says is not taken', async (here) => {
  const short: Route = (_, response) => {
    response.writeHead(200, { 'content-length': 50_000 });
    response.write(BYTES.subarray(0, 20_000), () => response.socket!.end());
  };
  const error = await rejection(download(here, short));
  assert.is(error.code, 'DOWNLOAD');
  assert.not.ok(readdirSync(here.folder).includes('m.onnx'));
});

for (const length of [BYTES.length - 1, BYTES.length + 1, 5]) {
  test(`that the server says has ${length} bytes instead of ${BYTES.length} is refused at once`, async (here) => {
    const lie: Route = (_, response) => {
      response.writeHead(200, { 'content-length': length });
      response.end(new Uint8Array(length));
    };
    const error = await rejection(download(here, lie, { bytes: BYTES.length }));
    assert.equal([error.code, error.retriable], ['DOWNLOAD', false]);
    assert.match(error.message, new RegExp(`has ${length} bytes, but the file should have ${BYTES.length}`));
    assert.is(gets(here), 1);
  });
}

test('that goes on beyond its size is given up', async (here) => {
  const endless: Route = (_, response) => {
    response.writeHead(200);
    response.write(BYTES);
    response.end(BYTES);
  };
  const error = await rejection(download(here, endless, { bytes: BYTES.length }));
  assert.match(error.message, /more than the 100000 bytes/);
  assert.equal(readdirSync(here.folder), []);
});

test('with another checksum is removed, before anything reads it', async (here) => {
  const error = await rejection(download(here, file(BYTES), { sha256: sha(new Uint8Array(3)) }));
  assert.equal([error.code, error.retriable], ['BAD_CHECKSUM', false]);
  assert.match(error.message, new RegExp(`SHA-256 is ${sha(BYTES)}, not ${sha(new Uint8Array(3))}`));
  assert.equal(readdirSync(here.folder), []);
  assert.is(gets(here), 1);
});

test('follows redirects, and continues through them', async (here) => {
  const other = await localServer({ '/real': inTurn(cut(here, BYTES, 30_000, ETAG), file(BYTES, ETAG)) });
  try {
    await download(here, redirect(`${other.url}/real`));
    assert.equal(content(here), BYTES);
    assert.equal(other.asked, ['GET /real', 'GET /real']);
  } finally {
    await other.close();
  }
});

test('tells the token to the hub alone', async (here) => {
  const seen: unknown[] = [];
  const note =
    (next: Route): Route =>
    (request, response) => {
      seen.push(request.headers.authorization);
      next(request, response);
    };
  const other = await localServer({ '/real': note(file(BYTES)) });
  here.server.routes.set('/here', note(redirect(`${other.url}/real`)));
  try {
    await download(here, note(redirect('/here')), { token: 'secret' });
    assert.equal(seen, ['Bearer secret', 'Bearer secret', undefined]);
  } finally {
    await other.close();
  }
});

for (const [what, to] of [
  ['in circles', '/m.onnx'],
  ['to a file of this machine', 'file:///etc/hostname'],
  ['to no address', 'http://['],
] as const) {
  test(`a redirect ${what} is not followed`, async (here) => {
    const error = await rejection(download(here, redirect(to)));
    assert.equal([error.code, error.retriable], ['DOWNLOAD', false]);
    assert.match(error.message, /redirects to .* not followed/);
  });
}

test('from https to http is not followed', async (here) => {
  const answer = new Response(null, { status: 302, headers: { location: 'http://plain.test/m.onnx' } });
  const error = await rejection(
    download(here, file(BYTES), {
      url: new URL('https://safe.test/m.onnx'),
      fetch: () => Promise.resolve(answer),
    }),
  );
  assert.match(error.message, /redirects to http:\/\/plain\.test/);
});

for (const [code, retriable, says] of [
  [401, false, /does not exist, or it is private.*HF_TOKEN/],
  [403, false, /license has to be accepted/],
  [404, false, /no such file\. Check the name/],
  [410, false, /gone/],
  [418, false, /HTTP 418/],
] as const) {
  test(`HTTP ${code} is told with the address, and not tried again`, async (here) => {
    const error = await rejection(download(here, status(code)));
    assert.equal([error.code, error.retriable], ['DOWNLOAD', retriable]);
    assert.match(error.message, says);
    assert.ok(error.message.includes(`${here.server.url}/m.onnx answers HTTP ${code}`));
    assert.is(gets(here), 1);
  });
}

test('HTTP 401 of another host says nothing of the hub', async (here) => {
  const error = await rejection(
    download(here, redirect('http://localhost:1/'), {
      fetch: () => Promise.resolve(new Response(null, { status: 401 })),
      url: new URL('https://elsewhere.test/m.onnx'),
    }),
  );
  assert.match(error.message, /takes a login/);
  assert.not.match(error.message, /HF_TOKEN/);
});

test('the query of an address, which may hold secrets, is not shown', async (here) => {
  const url = new URL('/m.onnx?signature=secret', here.server.url);
  assert.not.match((await rejection(download(here, status(404), { url }))).message, /secret/);
});

test('the hub says more than a status', async (here) => {
  const error = await rejection(download(here, status(403, { 'x-error-code': 'GatedRepo' })));
  assert.match(error.message, /license has to be accepted on the model's page/);
});

for (const [header, waited] of [
  ['7', 7000],
  ['0', 0],
] as const) {
  test(`HTTP 429 is tried again after the ${header} s that it asks for`, async (here) => {
    const waits: number[] = [];
    await download(here, inTurn(status(429, { 'retry-after': header }), file(BYTES)), { wait: clock(waits) });
    assert.equal(waits, [waited]);
    assert.equal(content(here), BYTES);
  });
}

test('HTTP 429 that asks for an hour is left to the user', async (here) => {
  const waits: number[] = [];
  const error = await rejection(
    download(here, status(429, { 'retry-after': '3600' }), { wait: clock(waits) }),
  );
  assert.equal([error.code, error.retriable, waits], ['DOWNLOAD', true, []]);
  assert.match(error.message, /asks to wait 3600 s/);
});

test('a server that is down for a moment', async (here) => {
  await download(here, inTurn(status(503), status(500), file(BYTES)));
  assert.equal(content(here), BYTES);
});

test('a web page is not a file', async (here) => {
  const page = status(200, { 'content-type': 'text/html; charset=utf-8' }, '<!doctype html>');
  const error = await rejection(download(here, page));
  assert.match(error.message, /is a web page, not a file/);
  assert.equal(readdirSync(here.folder), []);
});

test('a server that stalls is left, and the download goes on', async (here) => {
  let stalling: () => void;
  const stalled = new Promise<void>((resolve) => (stalling = resolve));
  const stall: Route = (_, response) => {
    response.writeHead(200, { 'content-length': BYTES.length, ...ETAG });
    response.write(BYTES.subarray(0, 30_000), () => stalling());
  };
  // One wait for the server is over, once it has stopped sending; all later ones never are.
  let over = false;
  const wait: Web['wait'] = (milliseconds, signal) => {
    if (milliseconds !== STALL_MS) return clock()(milliseconds, signal);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('over')));
      void stalled.then(() => {
        if (over || signal.aborted) return;
        over = true;
        resolve();
      });
    });
  };
  await download(here, inTurn(stall, file(BYTES, ETAG)), { wait });
  assert.ok(over);
  assert.equal(content(here), BYTES);
  assert.is(gets(here), 2);
});

test('that is aborted is kept, and the next one continues it', async (here) => {
  const abort = new AbortController();
  let sent: () => void;
  const arrived = new Promise<void>((resolve) => (sent = resolve));
  const slow: Route = (_, response) => {
    response.writeHead(200, { 'content-length': BYTES.length, ...ETAG });
    response.write(BYTES.subarray(0, 30_000));
  };
  const onBytes = (done: number) => done === 30_000 && sent();
  const loading = rejection(download(here, slow, { signal: abort.signal, onBytes }));
  await arrived;
  abort.abort();
  const error = await loading;
  assert.equal([error.code, error.name], ['ABORTED', 'AbortError']);
  const [draft] = readdirSync(here.folder);
  assert.match(draft, /^\.m\.onnx\.free-.*\.part$/);
  const seen: number[] = [];
  await download(here, file(BYTES, ETAG), { onBytes: (done) => seen.push(done) });
  assert.is(seen[0], 30_000);
  assert.equal(content(here), BYTES);
  assert.equal(readdirSync(here.folder), ['m.onnx']);
});

test('two at once do not touch each other', async (here) => {
  const half: (() => void)[] = [];
  const slow: Route = (_, response) => {
    response.writeHead(200, { 'content-length': BYTES.length, ...ETAG });
    response.write(BYTES.subarray(0, 50_000));
    half.push(() => response.end(BYTES.subarray(50_000)));
    // Both have begun before either may go on.
    if (half.length === 2) half.forEach((go) => go());
  };
  const both = await Promise.all([download(here, slow), download(here, slow)]);
  for (const { sha256 } of both) assert.is(sha256, sha(BYTES));
  assert.equal(content(here), BYTES);
  assert.equal(readdirSync(here.folder), ['m.onnx']);
});

test.run();
