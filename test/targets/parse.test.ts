import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { filesOf, outputsOf, targetText } from '../../src/targets/kinds.ts';
import { parseTarget } from '../../src/targets/parse.ts';
import type { Target } from '../../src/targets/target.ts';
import * as assert from '../helpers/assert.ts';

const READ: Record<string, Target> = {
  '281': { class: 281 },
  'golf ball': { class: 'golf ball' },
  'black-and-tan coonhound': { class: 'black-and-tan coonhound' },
  'crane (bird)': { class: 'crane (bird)' },
  'class:281': { class: 281 },
  'class: golf ball': { class: 'golf ball' },
  'class:"a-b @ c"': { class: 'a-b @ c' },
  'class:12@all': { class: 12, over: 'all' },
  'class:12@predicted': { class: 12, over: 'predicted' },
  'class:dog @ masks/a-1.png': { class: 'dog', over: { file: 'masks/a-1.png' } },
  'class:12@"predicted"': { class: 12, over: { file: 'predicted' } },
  'class:12@predicted.png': { class: 12, over: { file: 'predicted.png' } },
  'output[0,5,17]': { index: [0, 5, 17] },
  'output[0, -1]': { index: [0, -1] },
  'scores[0,3]': { output: 'scores', index: [0, 3] },
  '/head/Concat_output_0[0,1]': { output: '/head/Concat_output_0', index: [0, 1] },
  'StatefulPartitionedCall:0[0]': { output: 'StatefulPartitionedCall:0', index: [0] },
  '"a-b"[0]': { output: 'a-b', index: [0] },
  '"output"[0]': { output: 'output', index: [0] },
  'mean(output[0,3,:,:])': { index: [0, 3, {}, {}], reduce: 'mean' },
  'sum( boxes[0, 2:5, :-1, 4:] )': {
    output: 'boxes',
    index: [0, { from: 2, to: 5 }, { to: -1 }, { from: 4 }],
    reduce: 'sum',
  },
  'max(output[0,:,4])': { index: [0, {}, 4], reduce: 'max' },
  'similar:other-1.jpg': { similar: { file: 'other-1.jpg' } },
  'similar:my photo.png': { similar: { file: 'my photo.png' } },
  'detection:2': { detection: 2 },
  'detection@12, 7.5 - detection:0': { minus: [{ detection: { x: 12, y: 7.5 } }, { detection: 0 }] },
  'class:1-class:2': { minus: [{ class: 1 }, { class: 2 }] },
  'class:man-eater - class:black-and-tan coonhound': {
    minus: [{ class: 'man-eater' }, { class: 'black-and-tan coonhound' }],
  },
  'class:1-class:2-class:3': { minus: [{ minus: [{ class: 1 }, { class: 2 }] }, { class: 3 }] },
  'class:1-(class:2-class:3)': { minus: [{ class: 1 }, { minus: [{ class: 2 }, { class: 3 }] }] },
  '(class:dog)-output[0,-1]': { minus: [{ class: 'dog' }, { index: [0, -1] }] },
  'similar:a-b.jpg-similar:c.jpg': {
    minus: [{ similar: { file: 'a-b.jpg' } }, { similar: { file: 'c.jpg' } }],
  },
  'class:12@a.png-mean(output[0,:])': {
    minus: [
      { class: 12, over: { file: 'a.png' } },
      { index: [0, {}], reduce: 'mean' },
    ],
  },
};

const reads = suite('parseTarget');
for (const [text, target] of Object.entries(READ)) {
  reads(text, () => assert.equal(parseTarget(text), target));
}
for (const target of Object.values(READ)) {
  const text = targetText(target);
  reads(`reads what it is written as: ${text}`, () => assert.equal(parseTarget(text), target));
}
reads('names files and outputs without touching them', () => {
  const target = parseTarget('class:1@m.png - (similar:a.jpg - mean(boxes[0,:]))');
  assert.equal(filesOf(target), ['m.png', 'a.jpg']);
  assert.equal(outputsOf(target), ['boxes']);
});
reads.run();

/** Where reading stops, and what the error says there. */
const REFUSED: Record<string, [position: number, expected: RegExp]> = {
  '': [1, /a class, or one of class:, detection:/],
  'class:': [7, /the index or label of a class/],
  'class:12@': [10, /predicted or the path of a mask/],
  'similar:': [9, /the path of an image/],
  'detection:x': [11, /the number of a detection/],
  'detection@3': [12, /","/],
  'output[': [8, /an index, a range/],
  'output[0,]': [10, /an index, a range/],
  'output[0;1]': [9, /"," or "\]"/],
  'output[a]': [8, /an index, a range/],
  'output[0,1': [11, /"," or "\]"/],
  'mean(output[0,:]': [17, /"\)"/],
  'mean(3)': [7, /"\["/],
  'output[0] + output[1]': [11, /"-" and another target/],
  '(class:1': [9, /"\)"/],
  'class:"dog': [7, /closing double quote/],
  'clas:12': [1, /Did you mean "class:"\?/],
  'meen(output[0,:])': [1, /Did you mean "mean\("\?/],
  'similiar:x.jpg': [1, /Did you mean "similar:"\?/],
  'output(0,5)': [1, /Did you mean "output\["\?/],
};

const refuses = suite('parseTarget refuses');
for (const [text, [position, expected]] of Object.entries(REFUSED)) {
  refuses(text || 'nothing', () =>
    assert.throws(
      () => parseTarget(text),
      (error: unknown) =>
        error instanceof CamError &&
        error.code === 'BAD_TARGET' &&
        error.message.includes(`character ${position} `) &&
        expected.test(error.message),
    ),
  );
}
refuses.run();
