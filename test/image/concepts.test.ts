import { suite } from 'uvu';
import { inOrder } from '../../src/image/channels.ts';
import { conceptPicture } from '../../src/image/concepts.ts';
import { signedPicture } from '../../src/image/overlay.ts';
import * as assert from '../helpers/assert.ts';
import { picture, pixel } from './pictures.ts';

const test = suite('pictures of maps');

// Okabe and Ito 2008, without black: orange, sky blue, bluish green, yellow, blue, vermilion, reddish purple.
const PALETTE = ['e69f00', '56b4e9', '009e73', 'f0e442', '0072b2', 'd55e00', 'cc79a7'];

test('a pixel takes the color of its strongest concept, with the root of its strength', () => {
  const size = PALETTE.length + 1;
  const gray = picture(size, 1, () => [100, 110, 120]);
  // Concept i holds pixel i with strength (i + 1) / 8; the eighth has the color of the first again.
  const concepts = Array.from({ length: size }, (_, i) => ({
    data: new Float32Array(size).with(i, (i + 1) / size),
    height: 1,
    width: size,
  }));
  for (const alpha of [undefined, 0.4]) {
    const drawn = conceptPicture(gray, concepts, alpha);
    for (let i = 0; i < size; i++) {
      const share = (alpha ?? 0.7) * Math.sqrt((i + 1) / size);
      const color = [...Buffer.from(PALETTE[i % PALETTE.length]!, 'hex')];
      const expected = color.map((v, c) => (1 - share) * [100, 110, 120][c]! + share * v);
      const off = Math.max(...expected.map((v, c) => Math.abs(v - pixel(drawn, i, 0)[c]!)));
      assert.ok(off <= 0.51, `${i}: ${pixel(drawn, i, 0)}`);
    }
  }
});

test('of equally strong concepts the first has the pixel; without any, the picture stays', () => {
  const gray = picture(1, 1, () => [100, 110, 120]);
  const even = [0.5, 0.5].map((v) => ({ data: Float32Array.of(v), height: 1, width: 1 }));
  assert.equal(pixel(conceptPicture(gray, even, 1), 0, 0), [230, 159, 0, 255]);
  const none = [{ data: Float32Array.of(0), height: 1, width: 1 }];
  assert.equal(pixel(conceptPicture(gray, none, 1), 0, 0), [100, 110, 120, 255]);
});

test('numbers of colors come in the order of the channels', () => {
  assert.equal(inOrder([1, 2, 6], 'rgb'), [1, 2, 6]);
  assert.equal(inOrder([1, 2, 6], 'bgr'), [6, 2, 1]);
  assert.equal(inOrder([1, 2, 6], 'gray'), [3]);
  assert.equal(inOrder([4], 'bgr'), [4]);
});

test('the 99.5th percentile of magnitudes reaches the end of the scale', () => {
  const data = Float32Array.from({ length: 1000 }, (_, i) => (i % 2 ? -1 : 1) * (i + 1));
  const drawn = signedPicture({ data, channels: 1, height: 1, width: 1000 });
  // 995 of 1000 magnitudes are at most 995.
  for (const i of [0, 99, 498, 993, 994, 995, 999]) {
    const expected = Math.min(255, Math.max(0, 128 + (127 * data[i]!) / 995));
    assert.ok(Math.abs(pixel(drawn, i, 0)[0]! - expected) <= 0.51, `${i}`);
  }
});

test.run();
