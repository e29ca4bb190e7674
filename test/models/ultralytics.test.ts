import { suite } from 'uvu';
import { readPythonLiteral } from '../../src/models/python-literal.ts';
import { ultralyticsMetadata } from '../../src/models/ultralytics.ts';
import * as assert from '../helpers/assert.ts';

const literals = suite('Python literals');

for (const [text, value] of [
  ["{0: 'cat', 1: \"dog's\"}", new Map([[0, 'cat'] as const, [1, "dog's"] as const])],
  ['{}', new Map()],
  ['[640, 480]', [640, 480]],
  ['(1.5, -2e3,)', [1.5, -2000]],
  ["{'nms': None, 'dynamic': False, 'half': True}", new Map<string, unknown>([['nms', null], ['dynamic', false], ['half', true]])],
  ["'caf\\xe9 \\u20ac \\'x\\' \\\\ \\n'", "café € 'x' \\ \n"],
  ["'\\U0001f600'", '😀'],
  ["{'__proto__': [[]]}", new Map([['__proto__', [[]]]])],
] as const) {
  literals(text, () => assert.equal(readPythonLiteral(text), value));
}

for (const text of ['', '{', '[1, 2', "{0 'cat'}", "{0: 'cat'", '[1 2]', '[1] 2', "'open", '1.2.3', 'open("x")', '['.repeat(1e5)]) {
  literals(`not a literal: ${text.slice(0, 20)}`, () => assert.is(readPythonLiteral(text), undefined));
}
literals.run();

const metadata = suite('metadata of Ultralytics exports');

/** As exporter.py of ultralytics 8.4 writes it. */
const DETECT = new Map([
  ['stride', '32'],
  ['task', 'detect'],
  ['batch', '1'],
  ['imgsz', '[480, 640]'],
  ['names', "{0: 'person', 1: 'bicycle'}"],
]);

metadata('a detector: names, size, letterbox, bytes to 0..1', () =>
  assert.equal(ultralyticsMetadata(DETECT), {
    task: 'detect',
    names: ['person', 'bicycle'],
    preprocessing: { fit: 'letterbox', range: [0, 1], mean: [0], std: [1], height: 480, width: 640 },
  }));

metadata('a classifier crops', () =>
  assert.is(ultralyticsMetadata(new Map([...DETECT, ['task', 'classify']]))?.preprocessing.fit, 'crop'));

metadata('a gap in the names leaves none', () =>
  assert.equal(ultralyticsMetadata(new Map([...DETECT, ['names', "{0: 'a', 2: 'b'}"]]))?.names, []));

metadata('another exporter', () => assert.is(ultralyticsMetadata(new Map([['task', 'detect']])), undefined));

metadata.run();
