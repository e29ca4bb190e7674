import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from '../helpers/assert.ts';
import { camwasm, Place } from './fake.ts';

const test = suite('targets on the command line');

const NAMES: Record<string, readonly string[]> = {
  '--target class:1': ['a.gradcam.png'],
  '--target class:1 --target class:cat': ['a.gradcam.0.png', 'a.gradcam.1.png'],
  '--target cat --target 0': ['a.gradcam.png'],
  '--target output[0,5,17]': ['a.gradcam.png'],
  '--target output[0,5] --target output[0,-5]': ['a.gradcam.output-0--5.png', 'a.gradcam.output-0-5.png'],
  '--target class:1@predicted --target class:1-class:2': [
    'a.gradcam.class-1---class-2.png',
    'a.gradcam.class-1-predicted.png',
  ],
  '--target mean(boxes[0,:,3]) -m class-visualization': ['class-visualization.mean-boxes-0-3.png'],
};

for (const [line, names] of Object.entries(NAMES)) {
  test(`a.jpg ${line}`, async () => {
    const { code, stderr, written } = await camwasm(['a.jpg', ...line.split(' ')]);
    assert.is(code, 0, stderr);
    assert.equal(written, names);
  });
}

test('the library gets classes as indices, other targets as structures, and the output', async () => {
  const argv = 'a.jpg --target dog --target max(output[0,:]) --output-name scores'.split(' ');
  const [{ options }] = (await camwasm(argv)).asked.calls;
  assert.equal(options.target, [1, { index: [0, {}], reduce: 'max' }]);
  assert.is(options.output, 'scores');
});

test('further inputs are read, whatever their numbers are', async () => {
  const place = new Place().files('a.jpg');
  const header = "{'descr': '<i8', 'fortran_order': False, 'shape': (1, 3), }".padEnd(117) + '\n';
  const npy = Buffer.concat([
    Buffer.from('\x93NUMPY\x01\0\x76\0', 'latin1'),
    Buffer.from(header),
    Buffer.from(BigInt64Array.of(7n, 8n, 9n).buffer),
  ]);
  writeFileSync(join(place.cwd, 'ids.npy'), npy);
  const { asked, stderr } = await place.run(['a.jpg', '--input', 'ids=ids.npy', '--image-input', 'pixels']);
  assert.is(stderr, '');
  assert.equal(asked.calls[0].options.inputs, { ids: { dims: [1, 3], data: BigInt64Array.of(7n, 8n, 9n) } });
  assert.is(asked.load?.imageInput, 'pixels');
  const missing = await place.run(['a.jpg', '--input', 'ids=no.npy']);
  assert.is(missing.code, 1);
  assert.match(missing.stderr, /no such file.*--input ids=no\.npy/);
  place.remove();
});

test('the summary says the target and its score, and so does the JSON', async () => {
  const { stdout } = await camwasm(['a.jpg', '--target', 'output[0,5]']);
  assert.match(stdout, /^a\.jpg {2}gradcam of output\[0, 5\] = 1\.25 @ stage4 → a\.gradcam\.png/);
  const json = await camwasm(['a.jpg', '--target', 'output[0,5]', '--json']);
  assert.equal(JSON.parse(json.stdout).results[0].class, {
    index: null,
    label: 'output[0, 5]',
    score: 1.25,
    probability: null,
  });
});

const REFUSED: Record<string, RegExp> = {
  '--target class:1 -c 1': /--class and --target exclude each other/,
  '--target class:1 --top 2': /--target and --top exclude each other/,
  '--target clas:1': /Did you mean "class:"\?/,
  '--target class:zebra': /Unknown class "zebra"/,
  '--target class:1@b.png -o b.png': /"b\.png", an input\./,
  '--target similar:b.png -o b.png': /"b\.png", an input\./,
  '--target output[0,5,1] --target output[0,5-1]': /cannot be read/,
};
for (const [line, message] of Object.entries(REFUSED)) {
  test(`refuses ${line}`, async () => {
    const { code, stderr, asked } = await camwasm(['a.jpg', ...line.split(' ')]);
    assert.is(code, 2);
    assert.match(stderr, message);
    assert.is(asked.calls.length, 0);
  });
}

test.run();
