import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { findClass, splitClasses } from '../../src/targets/find-class.ts';
import * as assert from '../helpers/assert.ts';

const IMAGENET = [
  'tench, Tinca tinca',
  'great white shark, white shark, man-eater',
  'crane',
  'missile',
  'projectile, missile',
  'crane',
  'golf ball',
  'slide, chute',
  'Slide',
];

const refused =
  (...words: string[]) =>
  (error: unknown) =>
    error instanceof CamError &&
    error.code === 'UNKNOWN_CLASS' &&
    words.every((word) => error.message.includes(word));

const find = suite('findClass');

for (const [text, index] of [
  ['2', 2],
  [' 17 ', 17],
  ['golf ball', 6],
  ['Golf_Ball', 6],
  ['tench', 0],
  ['tinca tinca', 0],
  ['Tench, Tinca tinca', 0],
  ['white shark', 1],
  ['missile', 3],
  ['projectile', 4],
  ['projectile, missile', 4],
  ['chute', 7],
  ['slide', 7],
  ['Slide', 8],
  ['SLIDE', 8],
] as const) {
  find(`reads "${text}" as class ${index}`, () => assert.is(findClass(text, IMAGENET), index));
}

find('lists the indices of a name that stands in several labels, first in none', () =>
  assert.throws(
    () => findClass('panda', ['lesser panda, panda', 'giant panda, panda']),
    refused('"panda"', '0 (lesser panda, panda)', '1 (giant panda, panda)', 'index'),
  ),
);
find('takes the exact label before one that differs in case', () =>
  assert.is(findClass('Cat', ['cat', 'Cat']), 1),
);
find('takes a number as an index, whatever the labels are', () => assert.is(findClass('1', ['1', '0']), 1));
find('lists the indices of an ambiguous label', () =>
  assert.throws(() => findClass('crane', IMAGENET), refused('"crane"', '2 (crane)', '5 (crane)', 'index')),
);
find('names what is near', () =>
  assert.throws(() => findClass('gofl ball', IMAGENET), refused('Did you mean "golf ball"?')),
);
find('suggests names that hold the text as a word before those that look like it', () =>
  assert.throws(
    () => findClass('dog', ['hog, pig', 'dogsled', 'Eskimo dog, husky', 'pug, pug-dog']),
    refused('Did you mean "Eskimo dog" or "pug-dog" or "hog"?'),
  ),
);
find('suggests one name of a class', () =>
  assert.throws(() => findClass('shark', IMAGENET), refused('Did you mean "great white shark"?')),
);
find('tells the range of labels when nothing is near', () =>
  assert.throws(() => findClass('zebra', IMAGENET), refused('"zebra"', '8 (Slide)')),
);
find('says that a model without labels takes indices only', () =>
  assert.throws(() => findClass('cat', []), refused('`labels`')),
);

find.run();

const split = suite('splitClasses');

for (const [text, parts] of [
  ['tench, Tinca tinca', ['tench, Tinca tinca']],
  ['Great white shark, white shark, man-eater', ['Great white shark, white shark, man-eater']],
  ['white shark', ['white shark']],
  ['golf ball,crane', ['golf ball', 'crane']],
  ['6, 2,', ['6', '2']],
  ['great white shark, white shark', ['great white shark', 'white shark']],
  [',', []],
] as const) {
  split(`"${text}" is ${parts.length === 0 ? 'nothing' : parts.join(' | ')}`, () =>
    assert.equal(splitClasses(text, IMAGENET), [...parts]),
  );
}

split('splits without labels', () => assert.equal(splitClasses('281,7', []), ['281', '7']));

split.run();
