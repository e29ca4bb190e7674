import { inflateSync } from 'node:zlib';
import { suite } from 'uvu';
import { deflateRows } from '../../src/platform/deflate.ts';
import * as assert from '../helpers/assert.ts';
import { withNavigator } from './navigator.ts';

const test = suite('deflate');

const ROWS: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  nothing: new Uint8Array(0),
  'one byte': Uint8Array.of(7),
  'a flat picture': new Uint8Array(300_000).fill(200),
  'a busy picture': Uint8Array.from({ length: 300_000 }, (_, i) => (i * i * 31 + (i >> 3)) % 251),
};

for (const agent of ['Node.js/22', 'Mozilla/5.0', 'Cloudflare-Workers']) {
  for (const [name, rows] of Object.entries(ROWS)) {
    test(`${name} on ${agent} comes back whole`, async () => {
      const parts = await withNavigator({ userAgent: agent }, () => deflateRows(rows));
      assert.equal(new Uint8Array(inflateSync(Buffer.concat(parts))), rows);
    });
  }
  test(`a flat picture on ${agent} is next to nothing`, async () => {
    const parts = await withNavigator({ userAgent: agent }, () => deflateRows(ROWS['a flat picture']));
    assert.ok(Buffer.concat(parts).length < 3000);
  });
}

test.run();
