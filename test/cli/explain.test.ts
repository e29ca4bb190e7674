import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { CamError, type ErrorCode } from '../../src/errors.ts';
import { readNpy, writeNpy } from '../../src/image/npy.ts';
import type { ExplainOptions, ImageJson } from '../../src/index.ts';
import { METHODS } from '../../src/methods/index.ts';
import * as assert from '../helpers/assert.ts';
import { camwasm, Place, PREPARED } from './fake.ts';

const SECONDS = /\(\d+\.\d\d s\)/;
const PNG = [0x89, 0x50, 0x4e, 0x47];

const said = suite('what is printed');

const LINES: Record<string, string> = {
  'a.jpg': 'a.jpg  dog 90.0 %  gradcam @ stage4 → a.gradcam.png',
  'a.jpg -m saliency': 'a.jpg  dog 90.0 %  saliency → a.saliency.png',
  'a.jpg -c cat': 'a.jpg  dog 90.0 %  gradcam of cat (2.5 %) @ stage4 → a.gradcam.png',
  'a.jpg -c dog,cat':
    'a.jpg  dog 90.0 %  gradcam @ stage4 → a.gradcam.1.png; gradcam of cat (2.5 %) @ stage4 → a.gradcam.0.png',
  'a.jpg -c 2': 'a.jpg  dog 90.0 %  gradcam of great white shark (2.5 %) @ stage4 → a.gradcam.png',
  'a.jpg -m cam,saliency': 'a.jpg  dog 90.0 %  cam @ stage4 → a.cam.png; saliency → a.saliency.png',
  'a.jpg -l x,y --raw': 'a.jpg  dog 90.0 %  gradcam @ x, y → a.gradcam.1.npy, a.gradcam.2.npy',
  '-m class-visualization -c dog': 'class-visualization of dog → class-visualization.1.png',
};

for (const [line, summary] of Object.entries(LINES)) {
  said(`camwasm ${line}`, async () => {
    const { stdout, stderr } = await camwasm(line.split(' '));
    assert.is(stdout.replace(SECONDS, '(s)'), `${summary} (s)\n`);
    assert.is(stderr, '');
  });
}

said('a class without a label is called by its index', async () => {
  const { stdout } = await camwasm(['a.jpg'], { labels: [] });
  assert.match(stdout, /^a\.jpg {2}class 1 90\.0 % {2}/);
});
said('a guess is called one, with the three best and how to use another model', async () => {
  const { stdout } = await camwasm(['a.jpg'], { confident: false });
  assert.is(
    stdout.replace(SECONDS, '(s)'),
    'a.jpg  unsure: dog 90.0 %, cat 2.5 % (--model <file> uses another model)  gradcam of dog (90.0 %) @ stage4 → a.gradcam.png (s)\n',
  );
  for (const confident of [true, undefined])
    assert.match((await camwasm(['a.jpg'], { confident })).stdout, /^a\.jpg {2}dog 90\.0 % {2}gradcam @/);
});
said('--json has all the names of a class, and says whether it is a guess', async () => {
  const { stdout } = await camwasm(['a.jpg', '-c', '2', '--json'], { confident: false });
  const { confident, results } = JSON.parse(stdout) as ImageJson;
  assert.is(results[0].class.label, 'great white shark, white shark');
  assert.is(confident, false);
  const json = JSON.parse((await camwasm(['a.jpg', '--json'])).stdout) as ImageJson;
  assert.is(json.confident, null);
});
said('--quiet prints nothing', async () => {
  const { stdout, stderr, written } = await camwasm(['a.jpg', '-q'], { warn: ['the map is empty.'] });
  assert.is(stdout + stderr, '');
  assert.equal(written, ['a.gradcam.png']);
});
said('warnings go to standard error', async () => {
  const { code, stderr } = await camwasm(['a.jpg'], { warn: ['The map is empty.'] });
  assert.is(stderr, 'camwasm: warning: a.jpg: gradcam: The map is empty.\n');
  assert.is(code, 0);
});
said('what is to be known of the model is said once, however many images there are', async () => {
  const modelWarnings = ['The labels are 2.'];
  const { code, stderr } = await camwasm(['a.jpg', 'b.png'], { modelWarnings });
  assert.is(code, 0);
  assert.is(stderr, 'camwasm: warning: The labels are 2.\n');
  assert.is((await camwasm(['a.jpg', '-q'], { modelWarnings })).stderr, '');
  assert.is((await camwasm(['compare', 'a.jpg', '--methods', 'cam'], { modelWarnings })).stderr, stderr);
});
said('--verbose tells layer, preprocessing, threads and time on standard error', async () => {
  const { stdout, stderr } = await camwasm(['a.jpg', '--verbose', '--threads', '3']);
  assert.match(stdout, /^a\.jpg {2}dog/);
  assert.match(stderr, /import \d+ ms, load model \d+ ms/);
  assert.match(stderr, /layer +stage4\n/);
  assert.match(stderr, /preprocessing +none\n/);
  assert.match(stderr, /threads +3\n/);
  assert.match(stderr, /time +read \d+, forward 1, write \d+ ms\n/);
});

said('--verbose and --json tell who decided each setting of the preprocessing', async () => {
  const { stdout, stderr } = await camwasm(['a.jpg', '--verbose', '--json'], { prepared: PREPARED });
  assert.match(stderr, "\n  preprocessing width 224, height 200, nchw  (the model's input)\n");
  assert.match(stderr, `\n${' '.repeat(16)}bgr  (asked for)\n`);
  const { preprocessing, preprocessingSources } = JSON.parse(stdout) as ImageJson;
  assert.equal({ preprocessing, preprocessingSources }, PREPARED);
});

const ESCAPE = /\x1b\[/;
for (const [how, argv, env, colored] of [
  ['a terminal shows colors', [], {}, true],
  ['not with --no-color', ['--no-color'], {}, false],
  ['not with NO_COLOR', [], { NO_COLOR: '1' }, false],
  ['not on a dumb terminal', [], { TERM: 'dumb' }, false],
] as const) {
  said(how, async () => {
    const { stdout } = await camwasm(['a.jpg', ...argv], { tty: { stdout: true }, env });
    assert.is(ESCAPE.test(stdout), colored);
  });
}

said('progress is drawn on a terminal, and wiped before the result', async () => {
  const { stderr } = await camwasm(['a.jpg', 'b.png'], { tty: { stderr: true } });
  assert.is(stderr, '\r\x1b[2K[1/2] a.jpg\r\x1b[2K\r\x1b[2K[2/2] b.png\r\x1b[2K');
});
said('no progress with --quiet', async () => {
  assert.is((await camwasm(['a.jpg', '-q'], { tty: { stderr: true } })).stderr, '');
});
said('camwasm -m all tells which methods the model is not made for, and is no error', async () => {
  const fail = (_: unknown, method: string) =>
    ['cam', 'rollout'].includes(method) ? new CamError('UNSUPPORTED_MODEL', 'Not this one.') : undefined;
  const all = await camwasm(['a.jpg', '-m', 'all'], { fail });
  assert.is(all.code, 0);
  assert.is(all.stderr, 'camwasm: note: a.jpg: not supported by this model: cam, rollout.\n');
  const shared = Object.entries(METHODS).flatMap(([id, row]) => (row.shared ? [id] : []));
  assert.equal(all.asked.calls[0].options.method, shared);
  assert.is(all.written.length, shared.length - 2);
  const named = await camwasm(['a.jpg', '-m', 'cam,gradcam'], { fail });
  assert.is(named.code, 1);
  const none = await camwasm(['a.jpg', '-m', 'all'], {
    fail: (_, method) => (method === '*' ? undefined : new CamError('UNSUPPORTED_MODEL', 'None.')),
  });
  assert.is(none.code, 1);
});
said.run();

const bytes = suite('what is written');

async function written(argv: string[]): Promise<Uint8Array> {
  const place = new Place().files('a.jpg');
  const { code, stderr } = await place.run(['a.jpg', ...argv]);
  assert.is(stderr, '');
  assert.is(code, 0);
  const [name] = place.list().filter((name) => name !== 'a.jpg');
  const content = readFileSync(join(place.cwd, name));
  place.remove();
  return content;
}

bytes('a heatmap is float32 [H, W] in [0, 1]', async () => {
  const { dims, data } = readNpy(await written(['-f', 'npy']));
  assert.equal(dims, [2, 3]);
  assert.equal(data, Float32Array.of(0, 0.1, 0.2, 0.3, 0.4, 1));
});
bytes('a raw map is signed, at feature resolution [h, w]', async () => {
  const { dims, data } = readNpy(await written(['--raw']));
  assert.equal(dims, [2, 3]);
  assert.equal(data, Float32Array.of(-3, -2, -1, 0, 1, 2));
});
for (const method of ['guided-backprop', 'deconvnet', 'guided-gradcam']) {
  bytes(`${method} is its signed map [C, H, W]`, async () => {
    const { dims, data } = readNpy(await written(['-m', method, '-f', 'npy']));
    assert.equal(dims, [3, 2, 3]);
    assert.is(data[0], -3);
  });
}
bytes('a picture is what the explanation shows', async () => {
  assert.equal([...(await written([])).subarray(0, 4)], PNG);
  assert.equal([...(await written(['-f', 'jpg'])).subarray(0, 2)], [0xff, 0xd8]);
});
bytes('a raw picture is gray', async () =>
  assert.equal([...(await written(['--raw', '-f', 'png'])).subarray(0, 4)], PNG),
);
bytes('JSON is the object of --json with the numbers', async () => {
  const json = JSON.parse(String(await written(['-f', 'json']))) as Record<string, unknown>;
  assert.is(json.schema, 'camwasm/1');
  assert.equal((json.results as { map: unknown }[])[0].map, {
    dims: [2, 3],
    data: [0, 0.100000001, 0.200000003, 0.300000012, 0.400000006, 1],
  });
});
bytes('--scale shared writes every method on one scale, once all images are explained', async () => {
  const line = 'a.jpg b.png -m cam,gradcam -c 0,1 -f npy'.split(' ');
  // The heatmaps of the fake stand for 0..1 for class 0 and for 0..2 for class 1.
  const maximum = async (name: string, ...more: string[]) => {
    const place = new Place().files('a.jpg', 'b.png');
    const { code } = await place.run([...line, ...more]);
    assert.is(code, 0);
    const { data } = readNpy(readFileSync(join(place.cwd, name)));
    place.remove();
    return Math.max(...data);
  };
  assert.is(await maximum('b.cam.0.npy'), 1);
  assert.is(await maximum('b.cam.0.npy', '--scale', 'shared'), 0.5);
  assert.is(await maximum('a.gradcam.1.npy', '--scale', 'shared'), 1);
});
bytes('an image that is bad does not keep the others from their scale', async () => {
  const { code, written } = await camwasm('none.jpg a.jpg --scale shared'.split(' '));
  assert.is(code, 1);
  assert.equal(written, ['a.gradcam.png']);
});
bytes('-o - is the bytes and nothing else', async () => {
  const picture = await camwasm(['a.jpg', '-o', '-']);
  assert.equal([...picture.bytes.subarray(0, 4)], PNG);
  assert.equal(picture.written, []);
  assert.is(picture.stderr, '');
  assert.equal(readNpy((await camwasm(['a.jpg', '-o', '-', '-f', 'npy'])).bytes).dims, [2, 3]);
  const json = await camwasm(['a.jpg', '-o', '-', '-f', 'json'], { tty: { stdout: true } });
  assert.is((JSON.parse(json.stdout) as { image: string }).image, 'a.jpg');
});
bytes.run();

const json = suite('--json');

json('is one object per image, on one line each', async () => {
  const { stdout, code, written } = await camwasm(['a.jpg', 'b.png', '--json', '-m', 'cam', '-c', '0']);
  const objects = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { timings: object });
  assert.is(code, 0);
  assert.equal(written, ['a.cam.png', 'b.cam.png']);
  assert.equal(Object.keys(objects[0].timings), ['read', 'forward', 'write']);
  const expected = (stem: string, image: string) => ({
    schema: 'camwasm/1',
    image,
    model: null,
    warnings: [],
    output: { name: 'y', kind: 'classes', dims: [1, 5], activation: 'softmax' },
    detections: [],
    prediction: [
      { index: 1, label: 'dog', probability: 0.9, logit: 1 },
      { index: 0, label: 'cat', probability: 0.025, logit: 0 },
    ],
    confident: null,
    preprocessing: null,
    preprocessingSources: null,
    results: [
      {
        method: 'cam',
        class: { index: 0, label: 'cat', score: 0.5, probability: 0.025 },
        layers: ['stage4'],
        range: [0, 1],
        signed: false,
        measures: {},
        outputs: [`${stem}.cam.png`],
        warnings: [],
      },
    ],
    failures: [],
    error: null,
    timings: null,
  });
  assert.equal(
    objects.map((object) => ({ ...object, timings: null })),
    [expected('a', 'a.jpg'), expected('b', 'b.png')],
  );
});
json('holds what is to be known of the model', async () => {
  const { stdout } = await camwasm(['none.jpg', 'a.jpg', '--json'], { modelWarnings: ['The labels are 2.'] });
  for (const line of stdout.trimEnd().split('\n'))
    assert.equal((JSON.parse(line) as { warnings: string[] }).warnings, ['The labels are 2.']);
});
json('tells of an image that is bad, and of a method that failed', async () => {
  const fail = (_: unknown, method: string) =>
    method === 'cam' ? new CamError('UNSUPPORTED_MODEL', 'No linear head.') : undefined;
  const { stdout, code } = await camwasm(['none.jpg', 'a.jpg', '--json', '-m', 'cam,gradcam'], { fail });
  const [bad, good] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, never>);
  assert.is(code, 1);
  assert.equal([bad.image, bad.results, bad.error['code']], ['none.jpg', [], 'BAD_IMAGE']);
  assert.equal(good.error, null);
  assert.equal(good.failures, [
    {
      method: 'cam',
      class: { index: 1, label: 'dog', score: 1.5, probability: 0.9 },
      code: 'UNSUPPORTED_MODEL',
      message: 'No linear head.',
      option: null,
    },
  ]);
});
json('a picture without an image has no prediction', async () => {
  const { stdout } = await camwasm(['-m', 'class-visualization', '-c', '1', '--json']);
  const object = JSON.parse(stdout) as Record<string, unknown>;
  assert.equal([object.image, object.prediction], [null, []]);
});
json.run();

const trouble = suite('trouble');

trouble('one bad image does not keep the others from being explained', async () => {
  const { code, stderr, written } = await camwasm(['none.jpg', 'a.jpg', '.', 'b.png']);
  assert.is(code, 1);
  assert.equal(written, ['a.gradcam.png', 'b.gradcam.png']);
  const [none, folder] = stderr.trimEnd().split('\n');
  assert.is(none, 'camwasm: none.jpg: There is no such file. Pass an image, or - for standard input.');
  assert.is(folder, 'camwasm: .: This is a folder. Pass an image, or - for standard input.');
});
trouble('one bad method does not lose the results of the others', async () => {
  const fail = (_: unknown, method: string) =>
    method === 'cam' ? new CamError('UNSUPPORTED_MODEL', 'No linear head. Use gradcam.') : undefined;
  const { code, stdout, stderr, written } = await camwasm(['a.jpg', '-m', 'cam,gradcam'], { fail });
  assert.is(code, 1);
  assert.equal(written, ['a.gradcam.png']);
  assert.match(stdout, /^a\.jpg {2}dog 90\.0 % {2}gradcam @ stage4 → a\.gradcam\.png/);
  assert.is(stderr, 'camwasm: a.jpg: cam: No linear head. Use gradcam.\n');
});

trouble('tensors that cannot be written do not hide the results that were', async () => {
  const { code, stdout, stderr, written } = await camwasm(['a.jpg', '--save-tensors', 'b.png', '--json']);
  assert.is(code, 1);
  assert.equal(written, ['a.gradcam.png']);
  const { results, error } = JSON.parse(stdout) as { results: { outputs: string[] }[]; error: unknown };
  assert.equal([results[0].outputs, error], [['a.gradcam.png'], null]);
  assert.match(stderr, /^camwasm: a\.jpg: Cannot write .*b\.png/);
});

const CODES: Record<ErrorCode, number> = {
  BAD_OPTION: 2,
  BAD_TARGET: 2,
  UNKNOWN_METHOD: 2,
  UNKNOWN_LAYER: 2,
  UNKNOWN_CLASS: 2,
  BAD_IMAGE: 1,
  BAD_MODEL: 1,
  BAD_LABELS: 1,
  BAD_CHECKSUM: 1,
  NOT_DOWNLOADED: 1,
  DOWNLOAD: 1,
  BAD_TENSOR: 1,
  UNSUPPORTED_OPERATOR: 1,
  UNSUPPORTED_MODEL: 1,
  RUNTIME: 1,
  OUTPUT: 1,
  ABORTED: 130,
};
for (const [code, exit] of Object.entries(CODES) as [ErrorCode, number][]) {
  trouble(`${code} ends with ${exit}`, async () => {
    const whole = await camwasm(['a.jpg', 'b.png'], {
      fail: (_, method) => (method === '*' ? new CamError(code, 'It is so.') : undefined),
    });
    assert.is(whole.code, exit);
    assert.equal(whole.written, []);
    // What is wrong with one image may be right with the next; wrong usage is wrong for all.
    assert.is(whole.stderr.split('\n').length - 1, exit === 1 ? 2 : 1);
    assert.is(whole.asked.closed, 1);
    const method = await camwasm(['a.jpg'], {
      fail: (_, method) => (method === '*' ? undefined : new CamError(code, 'It is so.')),
    });
    assert.is(method.code, exit);
    assert.is(method.stderr, 'camwasm: a.jpg: gradcam: It is so.\n');
    assert.is(method.stdout, '');
  });
}
trouble('an error that nobody foresaw has no stack without --debug', async () => {
  const fail = () => new TypeError('x is not a function');
  const plain = await camwasm(['a.jpg'], { fail });
  assert.is(plain.code, 1);
  assert.is(
    plain.stderr,
    'camwasm: a.jpg: Unexpected error: x is not a function. Run it again with --debug for the location.\n',
  );
  const debug = await camwasm(['a.jpg', '--debug'], { fail });
  assert.match(debug.stderr, /TypeError: x is not a function\n {4}at /);
});
trouble('an image that class-visualization does not take is mentioned', async () => {
  const { code, stderr, written, asked } = await camwasm(['a.jpg', '-m', 'class-visualization', '-c', '1']);
  assert.is(code, 0);
  assert.match(stderr, /takes no image\. Ignored: a\.jpg/);
  assert.equal(written, ['class-visualization.1.png']);
  assert.is(asked.calls[0].image, undefined);
});
trouble('a place that cannot be written is a failure of that result', async () => {
  const { code, stderr, written } = await camwasm(['a.jpg', '-o', 'b.png/x.png']);
  assert.is(code, 1);
  assert.match(stderr, /^camwasm: a\.jpg: gradcam: Cannot write .*x\.png/);
  assert.equal(written, []);
});
trouble.run();

const asks = suite('what the library is given');

asks('everything that was said', async () => {
  const line =
    'a.jpg --model m.onnx -m gradcam,LayerCAM -c cat -l stage4 --score probability --compat torch-cam --batch-size 4 ' +
    '--threads 2 --size 320x240 --fit crop --channels bgr --range -1..1 --mean -.5,0,1e-1 --std 1,2,3 --layout nhwc';
  const { asked, code, stderr } = await camwasm(line.split(' '));
  assert.is(stderr, '');
  assert.is(code, 0);
  assert.match(asked.model!, /\/m\.onnx$/);
  assert.equal(asked.load, {
    threads: 2,
    preprocessing: {
      width: 320,
      height: 240,
      fit: 'crop',
      channels: 'bgr',
      range: [-1, 1],
      mean: [-0.5, 0, 0.1],
      std: [1, 2, 3],
      layout: 'nhwc',
    },
  });
  const { method, class: classes, top, layer, score, compat, batchSize, tensors } = asked.calls[0].options;
  assert.equal(
    { method, classes, top, layer, score, compat, batchSize, tensors },
    {
      method: ['gradcam', 'layercam'],
      classes: [0],
      top: undefined,
      layer: ['stage4'],
      score: 'probability',
      compat: 'torch-cam',
      batchSize: 4,
      tensors: false,
    },
  );
});
const MODIFIERS: Record<string, ExplainOptions> = {
  '--fuse product': { fuse: 'product' },
  '--smooth-noise 16:.15': { smoothNoise: { n: 16, sigma: 0.15 } },
  '--smooth-aug': { smoothAug: true },
  '--eigen-smooth': { eigenSmooth: true },
  '--signed': { signed: true },
  '--counterfactual': { counterfactual: true },
  '--samples 12': { samples: 12 },
  '--concepts 3': { concepts: 3 },
  '--baseline blur': { baseline: 'blur' },
  '--base layercam -m finercam': { base: 'layercam' },
  '--seed 0': { seed: 0 },
  '--tokens 14x14+1': { tokens: { height: 14, width: 14, prefix: 1 } },
  '--channels 64': { channels: 64 },
};
for (const [line, expected] of Object.entries(MODIFIERS)) {
  asks(line, async () => {
    const { asked, stderr } = await camwasm(['a.jpg', ...line.split(' ')]);
    assert.is(stderr, '');
    const [[key, value]] = Object.entries(expected) as [keyof ExplainOptions, unknown][];
    assert.equal(asked.calls[0].options[key], value);
    const plain = await camwasm(['a.jpg']);
    assert.is(plain.asked.calls[0].options[key], undefined);
  });
}
asks('--keras-mode sets the values of a mode, which other options change', async () => {
  const { asked } = await camwasm('a.jpg --keras-mode caffe --std 2'.split(' '));
  assert.equal(asked.load, {
    preprocessing: { channels: 'bgr', range: [0, 255], mean: [103.939, 116.779, 123.68], std: [2] },
  });
});
asks('--channels is a color order, a number of channels, or both', async () => {
  const both = (await camwasm('a.jpg --channels bgr --channels 64'.split(' '))).asked;
  assert.equal(both.load, { preprocessing: { channels: 'bgr' } });
  assert.is(both.calls[0].options.channels, 64);
  assert.is((await camwasm(['a.jpg', '--channels', 'bgr'])).asked.calls[0].options.channels, undefined);
  assert.equal((await camwasm(['a.jpg', '--channels', '64'])).asked.load, { preprocessing: {} });
  const twice = await camwasm('a.jpg --channels bgr --channels rgb'.split(' '));
  assert.is(twice.code, 2);
  assert.match(twice.stderr, /one color order and one number, not bgr and rgb/);
});
asks('a base for methods that build on none is wrong usage', async () => {
  const { code, stderr } = await camwasm(['a.jpg', '--base', 'layercam']);
  assert.is(code, 2);
  assert.match(stderr, /--base only applies to methods that build on another/);
});
asks('the built-in model, the predicted class and no layer by default', async () => {
  const { asked } = await camwasm(['a.jpg']);
  assert.is(asked.model, undefined);
  assert.equal(asked.load, { preprocessing: {} });
  const { target, top, layer } = asked.calls[0].options;
  assert.equal([target, top, layer], [undefined, undefined, undefined]);
});
asks('each image once for all methods and classes', async () => {
  const { asked } = await camwasm('a.jpg b.png -m cam,gradcam,saliency -c 0,1'.split(' '));
  assert.is(asked.calls.length, 2);
  assert.is(asked.closed, 1);
});
asks('bytes are left to the library, but a .npy file must be one', async () => {
  const tensor = writeNpy([1, 1, 2, 2], Float32Array.of(1, 2, 3, 4));
  const place = new Place();
  writeFileSync(join(place.cwd, 'x.npy'), tensor);
  const { asked } = await place.run(['x.npy']);
  assert.equal(Uint8Array.from(asked.calls[0].image as Uint8Array), tensor);
  assert.equal((await place.run(['-'], { stdin: tensor })).asked.calls[0].image, tensor);
  place.remove();
  const bad = await camwasm(['c.npy'], { files: ['c.npy'] });
  assert.is(bad.code, 1);
  assert.match(bad.stderr, /^camwasm: c\.npy: Cannot read this \.npy tensor/);
});

const LAYERS: Record<string, string[]> = {
  stage4: ['stage4'],
  'a,b': ['a,b'],
  'x,stage4': ['x', 'stage4'],
  'x, x': ['x'],
};
for (const [text, layers] of Object.entries(LAYERS)) {
  asks(`-l "${text}" is ${layers.join(' and ')}`, async () => {
    const { asked } = await camwasm(['a.jpg', '-l', text], { values: ['stage4', 'a,b'] });
    assert.equal(asked.calls[0].options.layer, layers);
  });
}
asks('a layer list with a hole is wrong usage', async () => {
  const { code, stderr } = await camwasm(['a.jpg', '-l', 'x,']);
  assert.is(code, 2);
  assert.match(stderr, /--layer takes the name of a module, node or value of the model, not "x,"/);
});
asks('a label with commas is one class, several are several', async () => {
  const one = await camwasm(['a.jpg', '-c', 'great white shark, white shark']);
  assert.equal(one.asked.calls[0].options.class, [2]);
  const two = await camwasm(['a.jpg', '-c', 'white shark,cat']);
  assert.equal(two.asked.calls[0].options.class, [2, 0]);
});
asks('an ambiguous or unknown label is wrong usage, before anything runs', async () => {
  const ambiguous = await camwasm(['a.jpg', '-c', 'crane']);
  assert.is(ambiguous.code, 2);
  assert.match(ambiguous.stderr, /"crane" is the label of 2 classes: 3 \(crane\), 4 \(crane\)/);
  const unknown = await camwasm(['a.jpg', '-c', 'zebra']);
  assert.is(unknown.code, 2);
  assert.match(unknown.stderr, /Unknown class "zebra"/);
  assert.equal([ambiguous.asked.calls, unknown.asked.calls], [[], []]);
});
asks.run();
