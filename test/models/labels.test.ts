import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CamError } from '../../src/errors.ts';
import { declaredLabels, parseLabels, readLabels } from '../../src/models/labels.ts';
import type { ValueInfo } from '../../src/onnx/model.ts';

const test = suite('labels that are not as many as the classes');

type Dims = ValueInfo['dims'];
const output = (dims: Dims, type: ValueInfo['type'] = 'float32'): ValueInfo => ({
  name: 'y',
  type,
  dims,
  proto: new Uint8Array(),
});
const labels = (count: number) => Array.from({ length: count }, (_, i) => `class ${i}`);

const CASES: [what: string, count: number, outputs: ValueInfo[], refused: boolean][] = [
  ['too many', 1000, [output(['N', 10])], true],
  ['too few', 2, [output([1, 10])], true],
  ['the background class that TensorFlow counts', 1000, [output([1, 1001, 1, 1])], true],
  ['as many', 10, [output(['N', 10])], false],
  ['none', 0, [output(['N', 10])], false],
  ['a model that does not say', 3, [output(['N', 'classes'])], false],
  ['a model that declares no shape', 3, [output(undefined)], false],
  ['one logit, of yes against no', 2, [output(['N', 1])], false],
  ['a map: its axes are for the run to tell', 3, [output([1, 21, 64, 64])], false],
  ['the classes of another output', 4, [output(['N', 8]), output(['N', 4])], false],
  ['an index comes first', 2, [output([1, 1], 'int64'), output([1, 10])], true],
];

for (const [what, count, outputs, refused] of CASES) {
  test(`${what}: ${refused ? 'refused' : 'taken'}`, () => {
    const names = labels(count);
    if (refused)
      assert.throws(
        () => declaredLabels({ names, given: true }, outputs),
        (error: CamError) => error.code === 'BAD_LABELS' && error.option === 'labels',
      );
    else assert.equal(declaredLabels({ names, given: true }, outputs), { names, note: undefined });
  });
}

test('the error says both numbers', () =>
  assert.throws(
    () => declaredLabels({ names: labels(1000), given: true }, [output(['N', 1001])]),
    /The output "y" has 1001 classes, but there are 1000 labels\..*background class/,
  ));

test("labels of the model's files that do not fit are not shown, and a note says so", () => {
  const { names, note } = declaredLabels({ names: labels(1000), given: false }, [output(['N', 10])]);
  assert.equal(names, []);
  assert.match(note!, /has 10 classes, but there are 1000 labels in the model's files/);
});
test.run();

const read = suite('a file of labels');

for (const [what, text, expected] of [
  ['one per line', 'cat\ndog\n', ['cat', 'dog']],
  ['lines that end as in Windows', 'cat\r\ndog\r\n\r\n', ['cat', 'dog']],
  ['an empty line keeps its index', 'cat\n\ndog', ['cat', '', 'dog']],
  ['a JSON array', '["cat", "a [b]"]', ['cat', 'a [b]']],
  ['a JSON object by index', '{"1": "dog", "0": "cat"}', ['cat', 'dog']],
  ['a config.json of Hugging Face', '{"id2label": {"0": "cat", "1": "dog"}, "model": "x"}', ['cat', 'dog']],
  ["Keras' class index", '{"0": ["n01440764", "tench"]}', ['tench']],
] as const) {
  read(what, () => assert.equal(parseLabels(text), [...expected]));
}

for (const [what, content, why] of [
  ['an empty file', '', /the file is empty/],
  ['JSON that is cut short', '["cat", ', /JSON/],
  ['JSON of something else', '{"a": 1}', /index 0 has no label/],
  ['labels that are not text', '[1, 2]', /1 is not a label/],
  ['a picture', Uint8Array.of(0x89, 0x50, 0xff, 0xfe), /The labels cannot be read/],
] as const) {
  read(`${what} is refused`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'camwasm-'));
    const file = join(folder, 'labels');
    writeFileSync(file, content);
    const error = await readLabels(file).catch((cause: unknown) => cause);
    rmSync(folder, { recursive: true });
    assert.instance(error, CamError);
    const { code, option, message } = error as CamError;
    assert.equal([code, option], ['BAD_LABELS', 'labels']);
    assert.ok(message.startsWith(`The labels "${file}": `), message);
    assert.match(message, why);
  });
}

read('a missing file is refused', async () => {
  const error = await readLabels('none.txt').catch((cause: unknown) => cause);
  assert.is((error as CamError).message, 'The labels "none.txt": There is no such file. Check `labels`.');
});
read('a byte order mark is not part of a label', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'camwasm-'));
  writeFileSync(join(folder, 'labels.txt'), '\ufeffcat\ndog\n');
  assert.equal(await readLabels(join(folder, 'labels.txt')), ['cat', 'dog']);
  rmSync(folder, { recursive: true });
});
read.run();
