import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CamError } from '../../src/errors.ts';
import type { Preprocessing } from '../../src/image/preprocess.ts';
import { preprocessingFor } from '../../src/models/preprocessing.ts';
import type { ValueInfo } from '../../src/onnx/model.ts';

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
reads('settings beside a model that nobody asked for are no reason to refuse it', () => {
  assert.is(settled(['N', 1, 8, 8], { mean: [0, 0, 0] }, {})!.channels, 'gray');
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
