import { suite } from 'uvu';
import { codecModule, codecsFetch } from '../../src/platform/codecs.ts';
import { cpuCount, whyNoThreads } from '../../src/platform/cpu.ts';
import { type Runtime, runtime } from '../../src/platform/runtime.ts';
import * as assert from '../helpers/assert.ts';
import { withNavigator } from './navigator.ts';

const test = suite('runtime');

const AGENTS: [agent: string, expected: Runtime][] = [
  ['Node.js/22', 'node'],
  ['Deno/2.9.6', 'deno'],
  ['Bun/1.4.5', 'bun'],
  ['Cloudflare-Workers', 'workerd'],
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', 'browser'],
];

for (const [agent, expected] of AGENTS) {
  test(`${agent} is ${expected}, whatever process says`, () => {
    assert.is(withNavigator({ userAgent: agent }, runtime), expected);
  });
}

test('without a navigator, as in Node 20, process is asked', () => {
  const expected = process.release.name === 'node' ? 'node' : 'unknown';
  assert.is(withNavigator(undefined, runtime), expected);
});

test('threads: one for each core, at least 1, at most 8', () => {
  for (const [cores, expected] of [
    [0, 1],
    [3, 3],
    [64, 8],
  ] as const) {
    assert.is(withNavigator({ hardwareConcurrency: cores }, cpuCount), expected);
  }
  const found = withNavigator(undefined, cpuCount);
  assert.ok(Number.isInteger(found) && found >= 1 && found <= 8);
});

test('wasm has threads where they are known to end', () => {
  for (const [agent, why] of [
    ['Node.js/22', undefined],
    ['Bun/1.4.5', undefined],
    ['Deno/2.9.6', /Deno/],
    ['Mozilla/5.0', /cross-origin isolated/],
    ['Cloudflare-Workers', /no workers/],
  ] as const) {
    const found = withNavigator({ userAgent: agent }, whyNoThreads);
    if (why) assert.match(found!, why);
    else assert.is(found, undefined);
  }
});

const noAddress = () => Promise.reject(new Error('asked for an address'));

test('the wasm decoders are found and compile', async () => {
  for (const codec of ['jpeg', 'webp'] as const) {
    const exports = WebAssembly.Module.exports((await codecModule(codec, noAddress))!);
    assert.ok(exports.length > 0);
  }
});

test('a fetched decoder is compiled once, and fetched again after a failure', async () => {
  const fresh = '../../src/platform/codecs.ts?fresh';
  const { codecModule: load } = (await import(fresh)) as { codecModule: typeof codecModule };
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const { fetch } = globalThis;
  let status = 500;
  const fetched: string[] = [];
  globalThis.fetch = (place) => {
    fetched.push(place as string);
    return Promise.resolve(new Response(empty, { status }));
  };
  const inPage = () =>
    withNavigator({ userAgent: 'Mozilla/5.0' }, () =>
      load('jpeg', () => Promise.resolve('https://page.test/decoder.wasm')),
    );
  try {
    const failed = await inPage().catch((error: Error) => error.message);
    assert.is(failed, 'HTTP 500 for https://page.test/decoder.wasm');
    status = 200;
    const [first, second] = await Promise.all([inPage(), inPage()]);
    assert.instance(first, WebAssembly.Module);
    assert.is(second, first);
  } finally {
    globalThis.fetch = fetch;
  }
  assert.is(fetched.length, 2);
});

test('a decoder fetches its own wasm in a browser, and in Deno for code from an address', () => {
  const [here, jsr] = [
    'file:///app/codecs.js',
    'https://jsr.io/@camwasm/camwasm/0.1.0/src/platform/codecs.ts',
  ];
  for (const [agent, from, expected] of [
    ['Mozilla/5.0', 'https://page.test/codecs.js', true],
    ['Deno/2', jsr, true],
    ['Deno/2', here, false],
    ['Node.js/22', here, false],
  ] as const) {
    assert.is(
      withNavigator({ userAgent: agent }, () => codecsFetch(from)),
      expected,
    );
  }
});

test.run();
