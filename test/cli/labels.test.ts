import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseLabels } from '../../src/cli/labels.ts';
import { Place } from './fake.ts';

const labels = suite('--labels');

for (const [what, text, expected] of [
  ['one per line', 'cat\ndog\n', ['cat', 'dog']],
  ['lines that end as in Windows', 'cat\r\ndog\r\n\r\n', ['cat', 'dog']],
  ['an empty line keeps its index', 'cat\n\ndog', ['cat', '', 'dog']],
  ['a JSON array', '["cat", "a [b]"]', ['cat', 'a [b]']],
  ['a JSON object by index', '{"1": "dog", "0": "cat"}', ['cat', 'dog']],
  ['a config.json of Hugging Face', '{"id2label": {"0": "cat", "1": "dog"}, "model": "x"}', ['cat', 'dog']],
  ["Keras' class index", '{"0": ["n01440764", "tench"]}', ['tench']],
] as const) {
  labels(what, () => assert.equal(parseLabels(text), [...expected]));
}

for (const [what, content, why] of [
  ['an empty file', '', /there are none/],
  ['JSON that is cut short', '["cat", ', /JSON/],
  ['JSON of something else', '{"a": 1}', /no label for index 0/],
  ['labels that are no text', '[1, 2]', /1 is no label/],
  ['a picture', Uint8Array.of(0x89, 0x50, 0xff, 0xfe), /These are no labels/],
] as const) {
  labels(`${what} is refused`, async () => {
    const place = new Place().files('a.jpg');
    writeFileSync(join(place.cwd, 'labels'), content);
    const { code, stderr, asked } = await place.run(['a.jpg', '--labels', 'labels']);
    assert.is(code, 1);
    assert.match(stderr, /^camwasm: labels: /);
    assert.match(stderr, why);
    assert.equal(asked.calls, []);
    place.remove();
  });
}

labels('a missing file is refused, others are handed to the model', async () => {
  const place = new Place().files('a.jpg');
  const missing = await place.run(['a.jpg', '--labels', 'none.txt']);
  assert.is(missing.code, 1);
  assert.is(missing.stderr, 'camwasm: none.txt: There is no such file. Check --labels.\n');
  writeFileSync(join(place.cwd, 'labels.txt'), '\ufeffcat\ndog\n');
  assert.equal((await place.run(['a.jpg', '--labels', 'labels.txt'])).asked.load?.labels, ['cat', 'dog']);
  place.remove();
});
labels.run();
