import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { htmlSheet } from '../../src/cli/sheet/html.ts';
import { CamError } from '../../src/errors.ts';
import { COLORMAPS } from '../../src/image/colormaps.ts';
import { decode } from '../../src/image/decode.ts';
import type { Picture } from '../../src/image/source.ts';
import { METHODS } from '../../src/methods/index.ts';
import * as assert from '../helpers/assert.ts';
import { camwasm, Place, type RunOptions } from './fake.ts';

const compare = suite('camwasm compare');

/** The file that a command line writes. */
async function sheet(line: string, name: string, options: RunOptions = {}): Promise<Uint8Array> {
  const place = new Place().files('a.jpg');
  const { code, stderr } = await place.run(['compare', 'a.jpg', ...line.split(' ')], options);
  assert.is(code, 0, stderr);
  const bytes = readFileSync(join(place.cwd, name));
  place.remove();
  return bytes;
}

const page = async (line: string, options?: RunOptions): Promise<string> =>
  String(await sheet(`${line} -o sheet.html`, 'sheet.html', options));

compare('puts classes down and methods across, from one call', async () => {
  const { code, stdout, stderr, asked, written } = await camwasm(
    'compare a.jpg --methods cam,gradcam --classes top3'.split(' '),
  );
  assert.is(code, 0, stderr);
  assert.match(stdout, /^a\.jpg {2}3 classes, 2 methods → a\.compare\.png \(\d+\.\d\d s\)\n$/);
  assert.equal(written, ['a.compare.png']);
  assert.is(asked.calls.length, 1);
  assert.equal(asked.calls[0].options.method, ['cam', 'gradcam']);
  assert.is(asked.calls[0].options.top, 3);
});
compare('classes by index and label, and what modifies a method', async () => {
  const { asked } = await camwasm('compare a.jpg --classes cat,1 --fuse max --signed'.split(' '));
  const { class: classes, fuse, signed } = asked.calls[0].options;
  assert.equal([classes, fuse, signed], [[0, 1], 'max', true]);
});
compare(
  'takes all quick methods by default, and leaves out those that the model is not made for',
  async () => {
    const fail = (_: unknown, method: string) =>
      method === 'rollout' ? new CamError('UNSUPPORTED_MODEL', 'No attention.') : undefined;
    const { code, stdout, stderr } = await camwasm(['compare', 'a.jpg'], { fail });
    const shared = Object.values(METHODS).filter((row) => row.shared);
    assert.is(code, 0);
    assert.is(stderr, 'camwasm: note: a.jpg: not supported by this model: rollout.\n');
    assert.match(stdout, new RegExp(`1 class, ${shared.length - 1} methods`));
  },
);
compare('a method that fails leaves a hole, and is told of', async () => {
  const fail = (_: unknown, method: string) =>
    method === 'cam' ? new CamError('UNSUPPORTED_MODEL', 'No linear head.') : undefined;
  const { code, stderr, written } = await camwasm(['compare', 'a.jpg', '--methods', 'cam,gradcam'], { fail });
  assert.is(code, 1);
  assert.is(stderr, 'camwasm: a.jpg: cam of dog: No linear head.\n');
  assert.equal(written, ['a.compare.png']);
  const none = await camwasm(['compare', 'a.jpg', '--methods', 'cam'], { fail });
  assert.equal([none.code, none.written], [1, []]);
});

compare('a sheet that is stopped has the methods that were finished', async () => {
  // The third call is stopped: methods with runs of their own have calls of their own.
  let calls = 0;
  const fail = (_: unknown, method: string) =>
    method === '*' && ++calls === 3 ? new CamError('ABORTED', 'Aborted.') : undefined;
  const line = 'compare a.jpg --methods rise,cam,scorecam,gradcam --classes 1,0'.split(' ');
  const { code, stdout, stderr, written, asked } = await camwasm(line, { fail });
  assert.equal(
    asked.calls.map(({ options }) => options.method),
    [['cam', 'gradcam'], ['rise'], ['scorecam']],
  );
  assert.is(code, 130);
  assert.match(stdout, /2 classes, 3 methods/);
  assert.match(stderr, /the sheet lacks the methods that were not finished: Aborted/);
  assert.equal(written, ['a.compare.png']);
  calls = 2;
  const nothing = await camwasm(line, { fail });
  assert.equal([nothing.code, nothing.written], [130, []]);
});

compare('a page holds everything, and what labels say is text', async () => {
  const html = await page('--methods cam,layercam --classes 1,0', { labels: ['<b>"cat" & co</b>', 'dog'] });
  assert.match(html, /^<!doctype html>/);
  assert.ok(html.includes('&lt;b&gt;&quot;cat&quot; &amp; co&lt;/b&gt;'));
  assert.not.ok(html.includes('<b>'));
  assert.is(html.match(/<img /g)?.length, 4);
  assert.is(html.match(/src="data:image\/png;base64,/g)?.length, 4);
  assert.not.match(html, /https?:|<script|<link/);
  for (const text of ['CAM', 'LayerCAM', 'dog', '90.0 %', 'score 1.5', 'matters most'])
    assert.ok(html.includes(text), text);
  assert.ok((await page('--signed')).includes('evidence against'));
});

compare('a page has a row for each class, a column for each method, and the colors of the map', async () => {
  const labels = ['cat', 'dog'];
  const html = await page('--methods cam,layercam --classes 1,0 --colormap viridis', { labels });
  assert.equal(
    [...html.matchAll(/<th scope="col">(.*?)<\/th>/g)].map(([, text]) => text),
    ['CAM', 'LayerCAM'],
  );
  const rows = [...html.matchAll(/<tr><th scope="row">(\w+).*?<\/tr>/g)];
  assert.equal(
    rows.map(([, label]) => label),
    ['dog', 'cat'],
  );
  assert.equal(
    rows.map(([row]) => [...row.matchAll(/alt="(.*?)"/g)].map(([, text]) => text)),
    [
      ['CAM of dog', 'LayerCAM of dog'],
      ['CAM of cat', 'LayerCAM of cat'],
    ],
  );
  const images = [...html.matchAll(/<img width="(\d+)" height="(\d+)".*?base64,(.*?)">/g)];
  for (const [, width, height, base64] of images) {
    const drawn = await decode(Buffer.from(base64, 'base64'));
    assert.equal([drawn.width, drawn.height], [Number(width), Number(height)]);
    assert.equal([drawn.width, drawn.height], [224, 149]); // a picture of 3 x 2
  }
  const stops = [...html.matchAll(/rgb\((\d+) (\d+) (\d+)\)/g)].map(([, ...rgb]) => rgb.map(Number));
  assert.equal(stops.length, 17);
  const table = COLORMAPS.viridis.table();
  stops.forEach((rgb, i) => {
    const at = 4 * Math.min(255, 16 * i);
    assert.equal(rgb, [...table.slice(at, at + 3)]);
  });
  assert.match(html, /matters least <i .*<\/i> matters most/);
  assert.match(await page('--signed'), /evidence against <i .*<\/i> evidence for/);
});

compare('a page has a dash where a method failed', async () => {
  const cells = [undefined, { width: 1, height: 1, data: new Uint8ClampedArray(4) }];
  const html = await htmlSheet({
    ...{ title: "a & b's", columns: ['CAM', 'LayerCAM'] },
    rows: [{ label: 'dog', amounts: ['<1 %'], cells }],
    bar: { colormap: 'gray', low: 'low', high: 'high' },
  });
  assert.match(html, /<td>&ndash;<\/td><td><img width="1" height="1" alt="LayerCAM of dog"/);
  assert.match(html, /<h1>a &amp; b&#39;s<\/h1>/);
  assert.match(html, /<small>&lt;1 %<\/small>/);
});

const pixel = ({ data, width }: Picture, x: number, y: number): number[] => [
  ...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3),
];

compare('a picture has a cell for each method and class, text, and a color bar', async () => {
  const line = '--methods cam,gradcam,layercam,saliency --classes 1,0 --colormap viridis --alpha 0';
  const drawn = await decode(await sheet(line, 'a.compare.png', { overlay: [10, 20, 30] }));
  const cells = [...rowsOf(drawn, [10, 20, 30])];
  // Cells are as wide as high pictures of 3 x 2 become: 224 x 149.
  assert.is(cells.length, 2 * 149);
  assert.is(Math.max(...cells.map(([, count]) => count)), 4 * 224);
  const dark = [...rowsOf(drawn, [0, 0, 0])];
  assert.ok(dark.length > 20, 'there is text');
  const table = COLORMAPS.viridis.table();
  const bottom = drawn.height - 16 - 20 + 2 + 6;
  const start = Array.from({ length: drawn.width }, (_, x) => x).find((x) =>
    [0, 100, 255].every(
      (i) => String(pixel(drawn, x + i, bottom)) === String([...table.slice(4 * i, 4 * i + 3)]),
    ),
  );
  assert.type(start, 'number', 'there is a bar');
});
compare('goes into a folder, or through a pipe', async () => {
  const folder = await camwasm('compare a.jpg --methods cam -o new/'.split(' '));
  assert.equal(folder.written, ['new/a.compare.png']);
  const pipe = await camwasm('compare a.jpg --methods cam -o -'.split(' '));
  assert.equal([pipe.written, pipe.stderr], [[], '']);
  assert.ok((await decode(pipe.bytes)).width > 400);
  const terminal = await camwasm('compare a.jpg --methods cam -o -'.split(' '), { tty: { stdout: true } });
  assert.is(terminal.code, 2);
  assert.match(terminal.stderr, /would garble the terminal/);
});
compare('a label that is too long or in other letters is still drawn', async () => {
  const labels = ['猫 '.repeat(40), 'dog '.repeat(80)];
  const drawn = await decode(await sheet('--methods cam --classes 1,0', 'a.compare.png', { labels }));
  assert.ok(drawn.width < 1000);
});

/** Rows of a picture that hold pixels of a color, with how many. */
function* rowsOf(picture: Picture, color: readonly number[]): Generator<readonly [y: number, count: number]> {
  for (let y = 0; y < picture.height; y++) {
    let count = 0;
    for (let x = 0; x < picture.width; x++) if (String(pixel(picture, x, y)) === String(color)) count++;
    if (count > 0) yield [y, count];
  }
}

for (const [line, says] of [
  ['compare', /The image is missing/],
  ['compare a.jpg b.png', /one image\. Remove "b\.png"/],
  ['compare a.jpg -o sheet.pdf', /\.png or \.html file, not "sheet\.pdf"/],
  ['compare a.jpg -o a.jpg', /\.png or \.html file/],
  ['compare b.png -o b.png', /", an input\./],
  ['compare a.jpg --classes top0', /top0/],
  ['compare a.jpg --classes zebra', /Unknown class "zebra"/],
  ['compare a.jpg --methods nocam', /Unknown method "nocam"/],
  ['compare a.jpg --methods class-visualization --classes 1', /takes no image/],
  ['compare a.jpg --methods cam,class-visualization --classes 1', /takes no image/],
  ['compare a.jpg --json', /does not take --json/],
] as const) {
  compare(`camwasm ${line} is wrong usage`, async () => {
    const { code, stderr, written, asked } = await camwasm(line.split(' '));
    assert.is(code, 2);
    assert.match(stderr, says);
    assert.equal([written, asked.calls], [[], []]);
  });
}
compare.run();
