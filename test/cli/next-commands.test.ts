// The commands at the end of `camwasm inspect`: what they are for each kind of model, and that they run.
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import { loadLibrary } from '../../src/cli/library.ts';
import { encodePng } from '../../src/image/png.ts';
import type { Explained, Inspection } from '../../src/index.ts';
import * as assert from '../helpers/assert.ts';
import { camwasm, INSPECTION, Place, PREPARED } from './fake.ts';

const test = suite('commands to type after camwasm inspect');

/** What stands under «Try», without the program's name and the comments. */
const tries = (stdout: string): string[] =>
  (stdout.split('\nTry\n')[1] ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => /^ {2}camwasm (.*?) +# \S/.exec(line)![1]);

async function triesOf(inspection: Partial<Inspection>, argv: readonly string[] = []): Promise<string[]> {
  const { stdout } = await camwasm(['inspect', ...argv], {
    inspection: { preprocessing: PREPARED.preprocessing, ...inspection },
  });
  return tries(stdout);
}

const explained = (changes: Partial<Explained>): Inspection['explained'] => ({
  ...INSPECTION.explained!,
  ...changes,
});

const LAYER = '-l stage4';
const KINDS: Record<string, [inspection: Partial<Inspection>, lines: readonly string[]]> = {
  'a classifier': [{}, ['-c cat', LAYER, '--target "class:cat - class:dog"']],
  'a classifier without labels': [{ labels: [] }, ['-c 0', LAYER, '--target "class:0 - class:1"']],
  'labels of several names': [
    { labels: ['great white shark, white shark', 'tiger shark'] },
    ['-c "great white shark"', LAYER, '--target "class:great white shark - class:tiger shark"'],
  ],
  'labels that a command line would misread': [
    { labels: ['"a", b', '7'] },
    ['-c 0', LAYER, '--target "class:0 - class:1"'],
  ],
  'one class': [{ explained: explained({ classes: 1 }) }, ['-c cat', LAYER]],
  'a segmentation': [
    { explained: explained({ positions: 64 }), labels: ['background', 'cat'] },
    ['-c cat', LAYER, '--target class:cat@predicted'],
  ],
  'a detector': [
    { explained: explained({ kind: 'detections' }) },
    ['-c cat', LAYER, '--target detection:0 --detections'],
  ],
  'a mask': [{ explained: explained({ kind: 'mask' }) }, ['', LAYER, '--target class:0@predicted']],
  'other values': [{ explained: explained({ kind: 'values' }) }, ['', LAYER, '--target "output[0,0]"']],
  'an output without scores': [
    { explained: explained({ problem: 'It is empty.' }) },
    ['-m eigencam', '-m eigencam -l stage4'],
  ],
  'no layer': [
    { layers: [], automatic: null },
    ['-m occlusion -c cat', '-m occlusion --target "class:cat - class:dog"'],
  ],
  'no gradient at the default layer': [
    { layers: INSPECTION.layers.map((layer) => ({ ...layer, gradient: false })) },
    ['-m scorecam -c cat', '-m scorecam -l stage3', '-m scorecam --target "class:cat - class:dog"'],
  ],
  'a second input': [
    { inputs: [...INSPECTION.inputs, { name: 'ids', type: 'int64', dims: [1, 4] }] },
    ['-c cat', LAYER, '--target "class:cat - class:dog"'].map((words) => `--input ids=ids.npy ${words}`),
  ],
};
for (const [what, [inspection, lines]] of Object.entries(KINDS)) {
  test(what, async () =>
    assert.equal(
      await triesOf(inspection),
      lines.map((words) => `photo.jpg ${words}`.trim()),
    ),
  );
}

test('a model that cannot be explained has none', async () =>
  assert.equal(await triesOf({ explained: null, problem: 'It has a loop.' }), []));

test('a model that takes no pictures gets a tensor', async () =>
  assert.match((await triesOf({ preprocessing: null }))[0], /^input\.npy -c/));

test('options that matter are repeated, quoted for a shell, and those of the terminal are not', async () => {
  const [line] = await triesOf({}, ['my model.onnx', '--size', '64', '--labels', 'l.txt', '--no-color']);
  assert.is(line, 'photo.jpg --model "my model.onnx" --labels l.txt --size 64 -c cat');
});

/** Layers as [module, rows of the map], of which the last is the default, with the modules around them. */
function modular(...layers: (readonly [module: string, rows: number])[]): Partial<Inspection> {
  const around = (name: string): string[] =>
    name.includes('.') ? [...around(name.slice(0, name.lastIndexOf('.'))), name] : [name];
  const names = [...new Set(layers.flatMap(([module]) => around(module)))];
  return {
    layers: layers.map(([module, rows], i) => ({
      ...INSPECTION.layers[1],
      name: `v${i}`,
      module,
      layout: { kind: 'nchw', channels: 8, height: rows, width: rows, prefix: 0 },
      automatic: i === layers.length - 1,
    })),
    modules: names.map((name) => ({
      name,
      parent: around(name).at(-2) ?? null,
      layer: `v${layers.findLastIndex(([module]) => around(module).includes(name))}`,
    })),
  };
}

const LAYERS: Record<string, [inspection: Partial<Inspection>, layer: string]> = {
  'the stage before the last, not its single operations': [
    modular(
      ['stem', 32],
      ...(['layer1.0', 'layer1.1'] as const).map((name) => [name, 32] as const),
      ...(['layer2.0', 'layer2.1'] as const).map((name) => [name, 16] as const),
      ['layer3.0', 16],
      ['layer3.1', 8],
    ),
    'layer2',
  ],
  'the block before the last, if all maps are of one size': [
    modular(
      ['embed', 4],
      ...['blocks.0', 'blocks.1', 'blocks.2'].flatMap((name) => [
        [`${name}.norm`, 4] as const,
        [`${name}.mlp`, 4] as const,
      ]),
      ['blocks.3.norm', 4],
    ),
    'blocks.2',
  ],
  'a layer by its value, without modules': [{ ...modular(['a', 8], ['b', 8], ['c', 4]), modules: [] }, 'v1'],
  'the default, if it is the first': [{ ...modular(['a', 8]), modules: [] }, 'v0'],
};
for (const [what, [inspection, layer]] of Object.entries(LAYERS)) {
  test(`the layer is ${what}`, async () =>
    assert.equal((await triesOf(inspection))[1], `photo.jpg -l ${layer}`));
}

for (const [what, path] of [
  ['the built-in model', ''],
  ['a residual network', 'fixtures/resnet/model.onnx'],
  ['a transformer', 'fixtures/vit/model.onnx'],
  ['a segmentation', 'fixtures/segmentation/model.onnx'],
  ['a mask', 'cases/binary-segmentation/model.onnx'],
  ['a detector', 'cases/yolov8-head/model.onnx'],
] as const) {
  test(`they run: ${what}`, async () => {
    const place = new Place();
    try {
      const real = (argv: readonly string[]) => place.run(argv, { library: loadLibrary });
      const data = Uint8ClampedArray.from({ length: 64 * 64 * 4 }, (_, i) => (i * 37) % 256);
      writeFileSync(join(place.cwd, 'photo.jpg'), await encodePng({ width: 64, height: 64, data }));
      if (path)
        copyFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), join(place.cwd, 'm.onnx'));
      const { stdout } = await real(['inspect', ...(path ? ['m.onnx'] : [])]);
      const lines = tries(stdout);
      assert.ok(lines.length >= 2);
      for (const line of lines) {
        const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
        const { code, stderr } = await real([...words, '-o', 'out/']);
        // These networks are not trained, so their class may win nowhere.
        if (!line.includes('@predicted') || code !== 2) assert.is(code, 0, `${line}: ${stderr}`);
        else assert.match(stderr, /No pixel of the output/);
      }
    } finally {
      place.remove();
    }
  });
}

test.run();
