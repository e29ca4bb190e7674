import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import type { Preprocessing } from '../../src/image/preprocess.ts';
import { preprocessingFor } from '../../src/models/preprocessing.ts';
import type { ValueInfo } from '../../src/onnx/model.ts';
import * as assert from '../helpers/assert.ts';
import { failure } from '../helpers/failure.ts';

const input = (dims: ValueInfo['dims']): ValueInfo => ({
  name: 'x',
  type: 'float32',
  dims,
  proto: new Uint8Array(),
});
type Asked = Partial<Preprocessing>;

const settled = (dims: ValueInfo['dims'], settings: Asked, asked: Asked) =>
  preprocessingFor(input(dims), { from: 'config.json', settings }, asked)?.preprocessing;

const reads = suite('preprocessing is read off the declared shape of the input');

const SHAPES: [dims: ValueInfo['dims'], asked: Asked, expected: Asked | undefined][] = [
  [[1, 3, 20, 30], {}, { layout: 'nchw', channels: 'rgb', height: 20, width: 30 }],
  [['N', 20, 30, 3], {}, { layout: 'nhwc', channels: 'rgb', height: 20, width: 30 }],
  [['N', 1, 28, 28], {}, { layout: 'nchw', channels: 'gray', height: 28, width: 28 }],
  [['N', 3, 'H', 'W'], {}, { layout: 'nchw', height: 224, width: 224 }],
  [['N', 3, 'H', 30], { height: 50 }, { height: 50, width: 30 }],
  [['', '', '', ''], { layout: 'nhwc', channels: 'gray' }, { layout: 'nhwc', channels: 'gray' }],
  [['N', 3, 32, 32], { layout: 'nchw', width: 32, height: 32 }, { layout: 'nchw', width: 32 }],
  [['N', 5, 28, 28], {}, undefined],
  [['N', 784], {}, undefined],
  // ONNX allows an input of no declared shape.
  [undefined, {}, undefined],
  [undefined, { width: 40, height: 30 }, { layout: 'nchw', channels: 'rgb', width: 40, height: 30 }],
  [undefined, { width: 40, height: 30, layout: 'nhwc' }, { layout: 'nhwc', width: 40, height: 30 }],
];

for (const [dims, asked, expected] of SHAPES) {
  reads(`${dims ? `[${dims.map((size) => size || '?').join(', ')}]` : 'none'} and ${JSON.stringify(asked)}`, () => {
    const found = settled(dims, {}, asked);
    if (!expected) return assert.is(found, undefined);
    for (const [name, value] of Object.entries(expected)) assert.is(found![name as keyof Asked], value, name);
  });
}

reads('what is asked for goes before what lies beside the model, and this before the defaults', () => {
  const found = settled(['N', 3, 'H', 'W'], { fit: 'crop', range: [-1, 1] }, { fit: 'letterbox' });
  assert.equal([found!.fit, found!.range], ['letterbox', [-1, 1]]);
});
reads('the margin that a file cuts belongs to its resize mode', () => {
  const at = (asked: Asked) =>
    settled(['N', 3, 8, 8], { fit: 'crop', cropPct: 0.875 }, asked)!.cropPct;
  assert.equal(
    [{}, { fit: 'crop' }, { fit: 'letterbox' }, { fit: 'letterbox', cropPct: 0.5 }].map((one) => at(one as Asked)),
    [0.875, 0.875, 1, 0.5],
  );
});
reads('who decided each setting is told', () => {
  const found = { from: 'config.json', settings: { height: 30, width: 40, mean: [0], std: [2], fit: 'crop', cropPct: 0.9 } } as const;
  const { sources } = preprocessingFor(input(['N', 3, 30, 'W']), found, { std: [4], fit: 'letterbox' })!;
  assert.equal(sources, {
    ...{ layout: 'model', height: 'model', width: 'config.json' },
    ...{ fit: 'caller', cropPct: 'default', resample: 'default' },
    ...{ channels: 'default', range: 'default', mean: 'config.json', std: 'caller' },
  });
  const bytes = { ...input(['N', 8, 8, 1]), type: 'uint8' } as const;
  assert.equal(preprocessingFor(bytes, found, {})!.sources, {
    ...{ layout: 'model', height: 'model', width: 'model' },
    ...{ fit: 'config.json', cropPct: 'config.json', resample: 'default' },
    ...{ channels: 'model', range: 'model', mean: 'model', std: 'model' },
  });
});
reads('one number for mean or deviation stands for all channels', () => {
  const found = settled(['N', 3, 8, 8], { std: [0.25] }, { mean: [0.5] });
  assert.equal([found!.mean, found!.std], [
    [0.5, 0.5, 0.5],
    [0.25, 0.25, 0.25],
  ]);
});
reads("a file's numbers follow the caller's order of channels", () => {
  const colors = { mean: [0.1, 0.2, 0.6], std: [1, 2, 3] };
  for (const [settings, asked, mean, std] of [
    [colors, {}, [0.1, 0.2, 0.6], [1, 2, 3]],
    [colors, { channels: 'rgb' }, [0.1, 0.2, 0.6], [1, 2, 3]],
    [colors, { channels: 'bgr' }, [0.6, 0.2, 0.1], [3, 2, 1]],
    [{ ...colors, channels: 'bgr' }, {}, [0.1, 0.2, 0.6], [1, 2, 3]],
    [{ ...colors, channels: 'bgr' }, { channels: 'rgb' }, [0.6, 0.2, 0.1], [3, 2, 1]],
    // The caller's own numbers are in the caller's order.
    [colors, { channels: 'bgr', mean: [7, 8, 9] }, [7, 8, 9], [3, 2, 1]],
  ] as [Asked, Asked, number[], number[]][]) {
    const found = settled(['N', 3, 8, 8], settings, asked)!;
    assert.equal([found.mean, found.std], [mean, std]);
  }
  const gray = settled(['N', 'C', 8, 8], colors, { channels: 'gray' })!;
  assert.ok(Math.abs(gray.mean[0] - 0.3) < 1e-12 && gray.std[0] === 2);
});
reads('an input of a fixed size does not follow the proportions that a file asks for', () => {
  const settings: Asked = { fit: 'proportional', height: 6, width: 9 };
  const open = settled(['N', 3, 'H', 'W'], settings, {})!;
  assert.equal([open.fit, open.height, open.width], ['proportional', 6, 9]);
  const fixed = settled(['N', 3, 8, 8], settings, {})!;
  assert.equal([fixed.fit, fixed.height, fixed.width], ['stretch', 8, 8]);
});
reads('a mean that is the same for three channels is that of one', () => {
  const found = settled(['N', 1, 8, 8], { mean: [0.5, 0.5, 0.5], std: [2, 2, 2] }, {})!;
  assert.equal([found.channels, found.mean, found.std], ['gray', [0.5], [2]]);
});
reads.run();

const refuses = suite('what the input does not take is refused before anything runs');

const NCHW = ['N', 3, 'H', 'W'];
const REFUSED: [what: string, dims: (number | string)[], asked: object, says: RegExp][] = [
  ['the other layout', NCHW, { layout: 'nhwc' }, /"x" \[N, 3, H, W\].*nchw, not nhwc.*`preprocessing\.layout`/],
  ['the other layout', [1, 3, 32, 32], { layout: 'nhwc' }, /nchw, not nhwc/],
  ['the other layout', [1, 32, 32, 3], { layout: 'nchw' }, /nhwc, not nchw/],
  ['gray', NCHW, { channels: 'gray' }, /3 channel\(s\), but gray has 1.*`preprocessing\.channels`.*rgb or bgr/],
  ['gray', NCHW, { channels: 'gray', mean: [0], std: [1] }, /but gray has 1/],
  ['colors', [1, 1, 28, 28], { channels: 'rgb' }, /1 channel\(s\), but rgb has 3.*gray/],
  ['another size', [1, 3, 32, 32], { width: 64, height: 64 }, /only takes 32 x 32 pixels/],
  ['another height', [1, 3, 32, 'W'], { width: 64, height: 64 }, /only takes 64 x 32 pixels/],
  ['a size beyond the memory', NCHW, { width: 20_000, height: 20_000 }, /memory.*`preprocessing\.width`/],
  ['a size beyond all arrays', NCHW, { width: 1e5, height: 1e5 }, /memory.*`preprocessing\.width`/],
  ['no size', NCHW, { width: NaN, height: 0 }, /whole numbers above 0/],
  ['a mean of two', NCHW, { mean: [1, 2] }, /mean has 2/],
  ['an unknown fit', NCHW, { fit: 'foo' }, /fit` is "foo". Choose stretch, crop, letterbox/],
  ['the proportions of pictures', [1, 3, 32, 32], { fit: 'proportional' }, /a fixed size, which cannot follow/],
  ['unknown channels', NCHW, { channels: 'foo' }, /channels` is "foo". Choose rgb, bgr, gray/],
  ['an unknown layout', NCHW, { layout: 'foo' }, /layout` is "foo"/],
  ['a range of nothing', NCHW, { range: [0, 0] }, /range \[0, 0\] is invalid/],
];

for (const [what, dims, asked, says] of REFUSED) {
  refuses(`${what} at [${dims.join(', ')}]: ${JSON.stringify(asked)}`, () =>
    assert.throws(
      () => settled(dims, {}, asked),
      (error: unknown) => error instanceof CamError && error.code === 'BAD_OPTION' && says.test(error.message),
    ),
  );
}
refuses.run();

const files = suite('settings of a file that the input does not take name the file');

const NCHW_OPEN: ValueInfo['dims'] = ['N', 3, 'H', 'W'];
const UNFIT: [what: string, dims: ValueInfo['dims'], found: Asked, says: RegExp][] = [
  ['three means for gray', ['N', 1, 8, 8], { mean: [0.1, 0.2, 0.3] }, /gray has 1 channel\(s\), but mean has 3/],
  ['three channels for gray', ['N', 1, 8, 8], { channels: 'bgr' }, /takes 1 channel\(s\), but bgr has 3/],
  ['more pixels than fit', NCHW_OPEN, { width: 9999, height: 9999 }, /9999 x 9999 pixels does not fit/],
  ['an endless range', NCHW_OPEN, { range: [0, Infinity] }, /range \[0, Infinity\] is invalid/],
  ['no deviation', NCHW_OPEN, { std: [0] }, /no standard deviation may be 0/],
  ['no margin', NCHW_OPEN, { fit: 'crop', cropPct: 1e-300 }, /cropPct` is 1e-300/],
];

for (const [what, dims, found, says] of UNFIT) {
  // Whether or not the caller asks for something else.
  for (const asked of [{}, { resample: 'bilinear' }] as const) {
    files(`${what}, with ${JSON.stringify(asked)}`, () => {
      const error = failure(() => settled(dims, found, asked));
      assert.is(error.code, 'BAD_MODEL');
      assert.match(error.message, /^The settings in config\.json do not fit its input "x" \[N, /);
      assert.match(error.message, says);
    });
  }
}

files('the caller mends them', () => {
  assert.equal(settled(['N', 1, 8, 8], { mean: [1, 2, 3] }, { mean: [1] })!.mean, [1]);
  assert.is(settled(NCHW_OPEN, { width: 9999, height: 9999 }, { width: 8, height: 8 })!.width, 8);
});
files('what the caller asks for is no fault of a file', () => {
  const error = failure(() => settled(['N', 3, 8, 8], { fit: 'crop' }, { mean: [1, 2] }));
  assert.is(error.code, 'BAD_OPTION');
});
files('a size that the model fixes is not that of the file', () =>
  assert.is(settled(['N', 3, 8, 8], { width: 9999, height: 9999 }, {})!.width, 8));
files.run();
