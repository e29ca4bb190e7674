import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { findClass } from '../../src/targets/find-class.ts';
import { shortLabels } from '../../src/targets/label-names.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('labels for one line');

const CASES: Record<string, [labels: string[], short: string[]]> = {
  'the first of several names': [
    ['ruffed grouse, partridge, Bonasa umbellus', 'daisy'],
    ['ruffed grouse', 'daisy'],
  ],
  'two names where the first stands twice': [
    ['crane, bird', 'crane, lifting device, hoist'],
    ['crane, bird', 'crane, lifting device'],
  ],
  'as many as tell it from the others': [
    ['leaf, apple, healthy', 'leaf, apple, rotten', 'leaf, grape, healthy'],
    ['leaf, apple, healthy', 'leaf, apple, rotten', 'leaf, grape'],
  ],
  'all of what is the beginning of another': [
    ['maillot', 'maillot, tank suit'],
    ['maillot', 'maillot, tank suit'],
  ],
  'equal labels as they are': [
    ['crane', 'crane'],
    ['crane', 'crane'],
  ],
  'commas in numbers and in parentheses do not part names': [
    ['1,000 dollars', 'dog (small, brown), pup'],
    ['1,000 dollars', 'dog (small, brown)'],
  ],
};

for (const [what, [labels, short]] of Object.entries(CASES))
  test(what, () => assert.equal(shortLabels(labels), short));

test('of the built-in model, each but the two cranes finds its class', () => {
  const path = new URL('../../models/labels.json', import.meta.url);
  const labels = JSON.parse(readFileSync(path, 'utf8')) as string[];
  shortLabels(labels).forEach((name, index) => {
    if (name !== 'crane') assert.is(findClass(name, labels), index);
  });
});

test.run();
