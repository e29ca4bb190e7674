// Makes the pictures of the material that the repository does not hold: the example as WebP and as PNG, at half size.
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import encodeWebp, { init } from '@jsquash/webp/encode.js';
import { Jimp } from 'jimp';

const { resolve } = createRequire(import.meta.url);
const photo = await Jimp.fromBuffer(await readFile('material/golf-ball.jpg'));
const small = photo.resize({ w: photo.width / 2, h: photo.height / 2 });
const { width, height, data } = small.bitmap;
await writeFile('material/small.png', await small.getBuffer('image/png'));
await init(await WebAssembly.compile(await readFile(resolve('@jsquash/webp/codec/enc/webp_enc_simd.wasm'))));
const webp = await encodeWebp(
  { data: new Uint8ClampedArray(data), width, height },
  { lossless: 1, exact: 1 },
);
await writeFile('material/golf-ball.webp', new Uint8Array(webp));
