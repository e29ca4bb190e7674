import { suite } from 'uvu';
import { targetOf } from '../../src/targets/given.ts';
import type { KindName } from '../../src/targets/kind.ts';
import { filesOf, outputsOf, TARGET_KINDS, targetText } from '../../src/targets/kinds.ts';
import { parseTarget } from '../../src/targets/parse.ts';
import type { Target } from '../../src/targets/target.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('every kind of target');

interface Example {
  readonly target: Target;
  readonly text: string;
  readonly files: readonly string[];
  readonly outputs: readonly string[];
}

const EXAMPLES: Record<KindName, Example> = {
  class: {
    target: { class: 'a "b"', over: { file: 'mask.png' } },
    text: 'class:"a \\"b\\""@mask.png',
    files: ['mask.png'],
    outputs: [],
  },
  detection: {
    target: { detection: { x: 120, y: 80.5 } },
    text: 'detection@120,80.5',
    files: [],
    outputs: [],
  },
  elements: {
    target: { output: 'boxes', index: [0, { from: 1, to: -1 }], reduce: 'mean' },
    text: 'mean(boxes[0, 1:-1])',
    files: [],
    outputs: ['boxes'],
  },
  difference: {
    target: { minus: [{ class: 1 }, { minus: [{ class: 2 }, { similar: { file: 'b.jpg' } }] }] },
    text: 'class:1 - (class:2 - similar:b.jpg)',
    files: ['b.jpg'],
    outputs: [],
  },
  similarity: {
    target: { similar: { file: 'other.jpg' } },
    text: 'similar:other.jpg',
    files: ['other.jpg'],
    outputs: [],
  },
  custom: {
    target: { label: 'energy', of: ({ data }) => ({ score: 0, seed: data }) },
    text: 'energy',
    files: [],
    outputs: [],
  },
};

for (const kind of Object.keys(TARGET_KINDS) as KindName[]) {
  const { target, text, files, outputs } = EXAMPLES[kind];
  test(`${kind}: its text, files and outputs`, () => {
    assert.is(targetText(target), text);
    assert.equal([filesOf(target), outputsOf(target)], [files, outputs]);
    if (kind !== 'custom') assert.equal(parseTarget(text), target);
  });
}

test('a label is a class, whatever else it could be read as', () => {
  assert.equal(targetOf('class:1', ['cat', 'class:1']), { class: 'class:1' });
  assert.equal(targetOf('class:1', ['cat']), { class: 1 });
});

test('an object without a key of any kind is refused', () => {
  assert.throws(() => targetText({} as Target), /class, detection, similar, index, minus, of/);
});

test.run();
