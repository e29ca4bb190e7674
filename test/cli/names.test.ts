import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from '../helpers/assert.ts';
import { camwasm, Place } from './fake.ts';

const names = suite('names of results');

const CASES: Record<string, readonly string[]> = {
  'a.jpg': ['a.gradcam.png'],
  'a.jpg -m Grad-CAM++': ['a.gradcampp.png'],
  'a.jpg -m cam,layercam -m scorecam': ['a.cam.png', 'a.layercam.png', 'a.scorecam.png'],
  'a.jpg -m gradcam,Grad-CAM': ['a.gradcam.png'],
  'a.jpg b.png': ['a.gradcam.png', 'b.gradcam.png'],
  'a.jpg -f jpg': ['a.gradcam.jpg'],
  'a.jpg -f npy': ['a.gradcam.npy'],
  'a.jpg -f json': ['a.gradcam.json'],
  'a.jpg --raw': ['a.gradcam.npy'],
  'a.jpg --raw -f png': ['a.gradcam.png'],
  'a.jpg -c 2': ['a.gradcam.png'],
  'a.jpg -c cat,dog': ['a.gradcam.0.png', 'a.gradcam.1.png'],
  'a.jpg -c cat -c 4': ['a.gradcam.0.png', 'a.gradcam.4.png'],
  'a.jpg -c 1 -c dog': ['a.gradcam.png'],
  'a.jpg --top 1': ['a.gradcam.png'],
  'a.jpg --top 3': ['a.gradcam.0.png', 'a.gradcam.1.png', 'a.gradcam.2.png'],
  'a.jpg -o out/': ['out/a.gradcam.png'],
  'a.jpg -o new/deep/ -f npy': ['new/deep/a.gradcam.npy'],
  'a.jpg -o .': ['a.gradcam.png'],
  'a.jpg -o heat.png': ['heat.png'],
  'a.jpg -o heat.JPEG -f jpg': ['heat.JPEG'],
  'a.jpg -o heat.npy': ['heat.npy'],
  'a.jpg -o heat.bin -f npy': ['heat.bin'],
  'a.jpg -o heat': ['heat'],
  '-': ['stdin.gradcam.png'],
  'a.jpg -l x,y': ['a.gradcam.png'],
  'a.jpg -l x,y --raw': ['a.gradcam.1.npy', 'a.gradcam.2.npy'],
  'a.jpg -l x,y --raw -c 0,1': [
    'a.gradcam.1.0.npy',
    'a.gradcam.1.1.npy',
    'a.gradcam.2.0.npy',
    'a.gradcam.2.1.npy',
  ],
  'a.jpg --raw -m refinecam': ['a.refinecam.1.npy', 'a.refinecam.2.npy'],
  'a.jpg --raw -m refinecam -l x': ['a.refinecam.npy'],
  'a.jpg -m refinecam': ['a.refinecam.png'],
  'a.jpg -l x,y --raw -m saliency': ['a.saliency.npy'],
  '-m class-visualization -c dog': ['class-visualization.1.png'],
  '-m class-visualization -c 0,1': ['class-visualization.0.png', 'class-visualization.1.png'],
  'a.jpg -m class-visualization,cam -c dog': ['a.cam.png', 'class-visualization.1.png'],
  'a.jpg b.png -m class-visualization,cam -c dog -o out/': [
    'out/a.cam.png',
    'out/b.cam.png',
    'out/class-visualization.1.png',
  ],
  'a.jpg --save-tensors t': ['a.gradcam.png', 't/a.gradcam.raw.npy', 't/activation.npy', 't/gradient.npy'],
  'a.jpg -m saliency --save-tensors t -o t': [
    't/a.saliency.png',
    't/a.saliency.raw.npy',
    't/activation.npy',
    't/gradient.npy',
    't/input_gradient.npy',
  ],
  'a.jpg -l x,y --save-tensors t -o heat.png': [
    'heat.png',
    't/a.gradcam.raw.1.npy',
    't/a.gradcam.raw.2.npy',
    't/activation.1.npy',
    't/activation.2.npy',
    't/gradient.1.npy',
    't/gradient.2.npy',
  ],
  'a.jpg b.png -c 0,1 --save-tensors t -o out/': [
    ...['0', '1'].map((index) => `out/a.gradcam.${index}.png`),
    ...['0', '1'].map((index) => `out/b.gradcam.${index}.png`),
    ...['a', 'b'].flatMap((stem) =>
      ['0', '1'].flatMap((index) =>
        [`${stem}.gradcam.raw`, 'activation', 'gradient'].map((name) => `t/${stem}/${index}/${name}.npy`),
      ),
    ),
  ],
};

for (const [line, written] of Object.entries(CASES)) {
  names(`camwasm ${line}`, async () => {
    const outcome = await camwasm(line.split(' '));
    assert.is(outcome.stderr, '');
    assert.is(outcome.code, 0);
    assert.equal(outcome.written, written.toSorted());
  });
}

names('an existing folder needs no slash', async () => {
  const place = new Place().files('a.jpg');
  mkdirSync(join(place.cwd, 'maps'));
  assert.is((await place.run(['a.jpg', '-o', 'maps'])).code, 0);
  assert.equal(place.list(), ['a.jpg', 'maps/a.gradcam.png']);
  place.remove();
});

names.run();

const conflicts = suite('conflicts are wrong usage, and found before anything runs');

const CONFLICTS: Record<string, RegExp> = {
  'a.jpg -o x.png -f npy': /"x\.png" ends in \.png, but --format is npy/,
  'a.jpg -o x.gif': /does not write \.gif files/,
  'a.jpg b.png -o x.png': /"x\.png" takes one result, but there are 2\. .*trailing \//,
  'a.jpg -m cam,gradcam -o x.png': /takes one result/,
  'a.jpg -c 0,1 -o x.png': /takes one result/,
  'a.jpg --top 2 -o x.png': /takes one result/,
  'a.jpg --raw -l x,y -o x.npy': /takes one result/,
  'a.jpg --raw -m refinecam -o x.npy': /refinecam has one raw map per resolution/,
  'a.jpg b.png -o -': /Standard output takes one result/,
  'a.jpg dir/a.png': /"a\.jpg" and "dir\/a\.png" would write the same files/,
  'a.jpg a.jpg': /the same files/,
  '- -': /the same files/,
  '- stdin.png': /the same files/,
  'a.jpg -o a.jpg': /"a\.jpg", an input\./,
  'a.jpg -o ./b/../a.jpg': /", an input\./,
  'a.gradcam.png a.jpg': /"a\.gradcam\.png", an input\./,
  'a.jpg --model m.png -o m.png': /", an input\./,
  'a.jpg --labels l.json -o l.json': /", an input\./,
  'activation.npy --save-tensors .': /"activation\.npy", an input\./,
  'a.jpg -o t/activation.npy --save-tensors t': /", another result\./,
  'a.jpg -o b.png/': /a file with that name exists/,
  'a.jpg -o - --json': /--json and -o -/,
  'a.jpg -c 0 --top 2': /--class and --top/,
  'a.jpg --quiet --verbose': /--quiet and --verbose/,
  '-m class-visualization': /Set it with -c/,
  '-m class-visualization --top 2': /Set it with -c/,
  '-m gradcam': /The image is missing/,
};

for (const [line, message] of Object.entries(CONFLICTS)) {
  conflicts(`camwasm ${line}`, async () => {
    const files = ['a.jpg', 'b.png', 'a.gradcam.png', 'm.png', 'activation.npy'];
    const place = new Place().files(...files);
    writeFileSync(join(place.cwd, 'l.json'), '["cat", "dog"]');
    const outcome = await place.run(line.split(' '));
    assert.match(outcome.stderr, message);
    assert.match(outcome.stderr, /^camwasm: [^\n]+\n$/);
    assert.is(outcome.code, 2);
    assert.is(outcome.stdout, '');
    assert.equal(outcome.asked.calls, []);
    assert.equal(place.list(), [...files, 'l.json'].sort());
    place.remove();
  });
}

conflicts('a picture on a terminal', async () => {
  const { code, stderr, asked } = await camwasm(['a.jpg', '-o', '-'], { tty: { stdout: true } });
  assert.is(code, 2);
  assert.match(stderr, /terminal/);
  assert.equal(asked.calls, []);
});

conflicts.run();

const links = suite('an input is never written over');

for (const [how, link] of Object.entries({ symlink: symlinkSync, 'hard link': linkSync })) {
  links(`through a ${how}`, async () => {
    const place = new Place().files('a.jpg');
    link(join(place.cwd, 'a.jpg'), join(place.cwd, 'out.png'));
    const { code, stderr } = await place.run(['a.jpg', '-o', 'out.png']);
    assert.is(code, 2);
    assert.match(stderr, /", an input\./);
    assert.is(readFileSync(join(place.cwd, 'a.jpg'), 'utf8'), 'picture');
    place.remove();
  });
}

links('through a link to its folder', async () => {
  const place = new Place().files('a.jpg');
  symlinkSync(place.cwd, join(place.cwd, 'here'));
  const { code } = await place.run(['a.jpg', '-o', 'here/a.jpg']);
  assert.is(code, 2);
  place.remove();
});

for (const line of ['a.jpg -o w.npy', 'a.jpg -o config.json -f json', 'compare a.jpg -o w.png']) {
  links(`also what the model is read from besides its own file: camwasm ${line}`, async () => {
    const beside = ['w.npy', 'config.json', 'w.png'];
    const place = new Place().files('a.jpg', ...beside);
    const [config, ...others] = beside.toReversed().map((name) => join(place.cwd, name));
    const files = [pathToFileURL(config), ...others, new URL('https://example.com/w.bin')];
    const { code, stderr } = await place.run(line.split(' '), { beside: files });
    assert.is(code, 2);
    assert.match(stderr, /", an input\./);
    for (const name of beside) assert.is(readFileSync(join(place.cwd, name), 'utf8'), 'picture');
    place.remove();
  });
}

links('when how many maps there are is known only after the run', async () => {
  const place = new Place().files('a.jpg', 'a.refinecam.2.npy');
  const { code, stderr } = await place.run(['a.jpg', 'a.refinecam.2.npy', '-m', 'refinecam', '--raw']);
  assert.is(code, 2);
  assert.match(stderr, /a\.refinecam\.2\.npy/);
  assert.is(readFileSync(join(place.cwd, 'a.refinecam.2.npy'), 'utf8'), 'picture');
  place.remove();
});

links('when the name of a result is known only after the run', async () => {
  const place = new Place().files('a.jpg', 'a.gradcam.0.png');
  const { code, stderr } = await place.run(['a.jpg', 'a.gradcam.0.png', '--top', '2']);
  assert.is(code, 2);
  assert.match(stderr, /"a\.gradcam\.0\.png", an input\./);
  assert.equal(place.list(), ['a.gradcam.0.png', 'a.jpg']);
  place.remove();
});

links.run();
