import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from '../helpers/assert.ts';
import { Place } from './fake.ts';

const labels = suite('--labels');

labels('the library reads the file, named from the current folder', async () => {
  const place = new Place().files('a.jpg');
  const { asked } = await place.run(['a.jpg', '--labels', 'labels.txt']);
  assert.is(asked.load?.labels, join(place.cwd, 'labels.txt'));
  place.remove();
});
labels.run();
