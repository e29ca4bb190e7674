import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { LABEL_FORMATS } from '../../src/models/label-formats.ts';
import { declaredLabels, parseLabels, readLabels } from '../../src/models/labels.ts';
import type { ValueInfo } from '../../src/onnx/model.ts';
import * as assert from '../helpers/assert.ts';

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

const READ = [
  ['one per line', 'cat\ndog\n', ['cat', 'dog']],
  ['lines that end as in Windows', 'cat\r\ndog\r\n\r\n', ['cat', 'dog']],
  ['an empty line keeps its index', 'cat\n\ndog', ['cat', '', 'dog']],
  ['a JSON array', '["cat", "a [b]"]', ['cat', 'a [b]']],
  ['a JSON object by index', '{"1": "dog", "0": "cat"}', ['cat', 'dog']],
  ['a config.json of Hugging Face', '{"id2label": {"0": "cat", "1": "dog"}, "model": "x"}', ['cat', 'dog']],
  ["Keras' class index", '{"0": ["n01440764", "tench"]}', ['tench']],
  ['label2id', '{"label2id": {"dog": 1, "__proto__": 0}}', ['__proto__', 'dog']],
  ['classes', '{"classes": ["cat", "dog"]}', ['cat', 'dog']],
  ['names by index', '{"names": {"0": "cat", "1": "dog"}}', ['cat', 'dog']],
  ['objects with a name', '[{"id": 0, "name": "cat"}, {"label": "dog"}]', ['cat', 'dog']],
  [
    'COCO categories, whose ids have gaps',
    '{"images": [], "categories": [{"id": 13, "name": "dog"}, {"id": 1, "name": "cat"}]}',
    ['cat', 'dog'],
  ],
  ["a dict of Python's", "{0: 'great white shark, white shark',\n 1: \"crow's nest\"}", ['great white shark, white shark', "crow's nest"]],
  ['index and label', '0,cat\n1,dog\n', ['cat', 'dog']],
  ['in any order, with a header', 'id,name\n1,dog\n0,cat\n', ['cat', 'dog']],
  ['label and index', 'name;index\ndog;1\ncat;0\n', ['cat', 'dog']],
  ['with tabs', '0\tgreat white shark, white shark\n1\tdog', ['great white shark, white shark', 'dog']],
  ['with quotes', '0,"cat, ""tom"""\r\n1,constructor', ['cat, "tom"', 'constructor']],
  ['labels with commas are not a table', 'tench, Tinca tinca\ngoldfish, Carassius auratus', ['tench, Tinca tinca', 'goldfish, Carassius auratus']],
  ['labels with numbers are not a table', 'boeing 747\n737, a plane', ['boeing 747', '737, a plane']],
  ['synsets', 'n01440764 tench, Tinca tinca\nn01443537 goldfish', ['tench, Tinca tinca', 'goldfish']],
  ['data.yaml with a list', 'path: ../data\nnc: 2\nnames: [\'cat\', "hot dog"]\n', ['cat', 'hot dog']],
  ['data.yaml with a block list', 'nc: 2\nnames:\n- cat # purrs\n- hot dog\ntrain: x', ['cat', 'hot dog']],
  ['data.yaml by index', 'names:\n  0: cat\n  1: "hot dog"\n\ndownload: |\n  x', ['cat', 'hot dog']],
  ['data.yaml with marks in quotes', 'names: ["d]e", \'it\'\'s, it\', f,]\n', ['d]e', "it's, it", 'f']],
  ['data.yaml with comments and quotes', 'names:\n- "a # b"\n- \'it\'\'s\'\n- c # d', ['a # b', "it's", 'c']],
  ['data.yaml with braces in quotes', 'names: {1: "b}", 0: a}', ['a', 'b}']],
  ['an index of labels', '{"cat": 0, "dog": 1}', ['cat', 'dog']],
  ['a label map with marks in quotes', "item: {\n  id: 1\n  name: 'bi\\'c'\n}\nitem { id: 2 name: \"a}b\" }", ["bi'c", 'a}b']],
  ['data.yaml with a flow map', 'names: {0: cat, 1: dog}', ['cat', 'dog']],
  ['a label map of TensorFlow', "item {\n  name: '/m/01g317'\n  id: 1\n  display_name: 'person'\n}\nitem { id: 2 name: \"cat\" }", ['person', 'cat']],
] as const;

for (const [what, text, expected] of READ) {
  read(what, () => assert.equal(parseLabels(text), [...expected]));
}

for (const [what, content, why] of [
  ['an empty file', '', /the file is empty/],
  ['JSON that is cut short', '["cat", ', /JSON/],
  ['JSON of something else', '{"a": 1}', /index 0 has no label/],
  ['an index without a label', '0,cat\n2,dog', /index 1 has no label/],
  ['an index with two labels', '0,cat\n0,dog', /index 0 has two labels/],
  ['a damaged row of a table', '0,a\n1,b\nx\n3,d', /line 3 has no index: "x"/],
  ['a category with two names', '{"categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}', /id 1 has two names/],
  ['an index that is no number', '{"label2id": {"a": ""}}', /is not an index/],
  ['data.yaml without names', 'names:\ntrain: x', /names are empty/],
  ['a label map that never ends', 'item {'.repeat(60_000), /no id or name/],
  ['an item without a name', 'item { id: 1 }', /no id or name/],
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

read('every format has an example', () =>
  assert.equal(LABEL_FORMATS.filter(({ is }) => !READ.some(([, text]) => is(text))), []),
);

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
