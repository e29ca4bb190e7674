import { suite } from 'uvu';
import { COMMANDS } from '../../src/cli/commands/index.ts';
import { parseArguments } from '../../src/cli/parse.ts';
import { CamError } from '../../src/errors.ts';
import {
  COMMAND_NAMES,
  type CommandName,
  type OptionName,
  OPTIONS,
  optionsOf,
} from '../../src/options/options.ts';
import * as assert from '../helpers/assert.ts';
import { camwasm } from './fake.ts';

const parse = suite('command lines');

const understood = async (line: string) => {
  const { command, operands, settings } = await parseArguments(line.split(' ').filter((word) => word !== ''));
  return [command, operands, settings];
};

for (const [line, expected] of [
  ['a.jpg', ['explain', ['a.jpg'], {}]],
  ['explain a.jpg', ['explain', ['a.jpg'], {}]],
  ['a.jpg b.jpg -', ['explain', ['a.jpg', 'b.jpg', '-'], {}]],
  ['inspect m.onnx --json', ['inspect', ['m.onnx'], { json: true }]],
  ['--json inspect m.onnx', ['inspect', ['m.onnx'], { json: true }]],
  ['methods', ['methods', [], {}]],
  ['./methods', ['explain', ['./methods'], {}]],
  ['a.jpg methods', ['explain', ['a.jpg', 'methods'], {}]],
  ['--raw a.jpg', ['explain', ['a.jpg'], { raw: true }]],
  ['-m cam,gradcam -m layercam a.jpg', ['explain', ['a.jpg'], { method: ['cam', 'gradcam', 'layercam'] }]],
  ['-c 9 a.jpg -c=3 --class dog', ['explain', ['a.jpg'], { class: ['9', '3', 'dog'] }]],
  ['-c9 a.jpg', ['explain', ['a.jpg'], { class: ['9'] }]],
  ['a.jpg -o -', ['explain', ['a.jpg'], { output: '-' }]],
  ['a.jpg --range -1..1', ['explain', ['a.jpg'], { range: [-1, 1] }]],
  ['a.jpg --mean -.5,-1,2', ['explain', ['a.jpg'], { mean: [-0.5, -1, 2] }]],
  ['a.jpg --size 224', ['explain', ['a.jpg'], { size: { width: 224, height: 224 } }]],
  ['a.jpg --size 320x240', ['explain', ['a.jpg'], { size: { width: 320, height: 240 } }]],
  ['a.jpg --alpha 0', ['explain', ['a.jpg'], { alpha: 0 }]],
  ['a.jpg -l /layer4/Relu_output_0', ['explain', ['a.jpg'], { layer: ['/layer4/Relu_output_0'] }]],
  ['-- -a.jpg', ['explain', ['-a.jpg'], {}]],
  ['1e3', ['explain', ['1e3'], {}]],
  ['a.jpg --nonsense --help', ['explain', [], { help: true, version: false }]],
  ['inspect -h', ['inspect', [], { help: true, version: false }]],
] as const) {
  parse(`camwasm ${line}`, async () => assert.equal(await understood(line), expected));
}
parse.run();

const refused = suite('wrong usage');

for (const [line, message] of [
  ['a.jpg --colourmap jet', 'Unknown option --colourmap. Did you mean "--colormap"?'],
  ['a.jpg --tresholds 2', 'Unknown option --tresholds.'],
  ['a.jpg -x', 'Unknown option -x.'],
  ['inspect m.onnx --alpha 1', 'camwasm inspect does not take --alpha.'],
  ['methods -m cam', 'camwasm methods does not take --method.'],
  ['a.jpg -o', '--output takes a file, a folder or -, but no value follows.'],
  [
    'a.jpg --model --raw',
    '--model takes the path of an ONNX file, or the name of a model, but no value follows.',
  ],
  ['a.jpg --model=', '--model takes the path of an ONNX file, or the name of a model, not "".'],
  ['a.jpg -m cam,,gradcam', '--method takes one or more method ids, not "cam,,gradcam".'],
  ['a.jpg --raw=1', '--raw takes no value. Remove "=1".'],
  ['a.jpg --top 2 --top 3', '--top appears 2 times.'],
  ['a.jpg -f jpeg', '--format takes one of png, jpg, npy, json, not "jpeg". Did you mean "jpg"?'],
  ['a.jpg --colormap virdis', 'Did you mean "viridis"?'],
] as const) {
  refused(`camwasm ${line}`, async () => {
    const error = await parseArguments(line.split(' ')).catch((error: unknown) => error);
    assert.instance(error, CamError);
    assert.is((error as CamError).code, 'BAD_OPTION');
    assert.ok(
      (error as CamError).message.startsWith(message) || (error as CamError).message.endsWith(message),
      String(error),
    );
  });
}

/** Values that no option of its kind may take; a value option without a row here fails. */
const NONSENSE: Partial<Record<OptionName, readonly string[]>> = {
  method: ['', ',', 'cam,'],
  model: [''],
  preset: ['', 'YOLOX', 'toString'],
  labels: [''],
  class: ['', ' '],
  top: ['', '0', '-1', '1.5', 'x', 'Infinity', '0x10'],
  layer: [''],
  tokens: ['', '14', '0x3', '14x14+', '2x2-1'],
  score: ['', 'logits'],
  compat: ['grad-cam'],
  output: [''],
  format: ['PNG', 'gif'],
  'save-tensors': [''],
  colormap: ['rainbow', 'toString'],
  alpha: ['', '1.01', '-0.1', 'half', 'NaN'],
  bands: ['', '0', '1,,2', '1.5', '3,-1', 'red'],
  slice: ['', '0', '-2', '4-7', 'middle'],
  size: ['0', '1x2x3', '10.5', 'x', '224x', 'x10', '-5'],
  fit: ['fill'],
  'crop-pct': ['', '0', '1.1', '87.5', 'x'],
  resample: ['lanczos', 'toString'],
  channels: ['RGBA', 'cmyk', '0', '1.5', ''],
  base: [''],
  fuse: ['sum', ''],
  'smooth-noise': ['', '16', '0:0.1', '1.5:0.1', '16:-1', '16:0.1:2', 'n:sigma'],
  samples: ['0', 'many'],
  directions: ['-1', 'many'],
  concepts: ['0', '2.5'],
  baseline: ['pink', ''],
  seed: ['-1', '0.5', 'x'],
  scale: ['same', ''],
  range: ['0..2', '1'],
  mean: ['', 'a', '1,,2', '1,NaN'],
  std: ['0', '1,0,1', '-1', 'x'],
  'keras-mode': ['', 'Caffe', 'toString'],
  layout: ['chw'],
  threads: ['0', '65', '1.5', 'all'],
  memory: ['', '0', '99', '4295', '1GB'],
  'batch-size': ['0', '-3', 'x'],
  target: [''],
  methods: ['', 'cam,'],
  classes: [''],
  'output-name': [''],
  'output-kind': ['', 'toString', 'boxes'],
  activation: ['', 'relu'],
  input: ['', 'ids', '=ids.npy', 'ids='],
  'image-input': [''],
  port: ['', '-1', '65536', 'http'],
  host: [''],
  'allow-host': ['', 'a:80', 'http://a'],
  'allow-origin': ['', 'example.com'],
};
for (const name of Object.keys(OPTIONS) as OptionName[]) {
  const { reading } = OPTIONS[name];
  if (!reading) continue;
  refused(`--${name} says what it takes`, async () => {
    assert.ok(NONSENSE[name]?.length, `no nonsense for --${name}`);
    for (const text of NONSENSE[name]!) {
      const command = COMMAND_NAMES.find((known) => optionsOf(known).includes(name))!;
      const error = await parseArguments([command, `--${name}=${text}`]).catch((error: unknown) => error);
      assert.instance(error, CamError, `--${name}=${text}`);
      assert.is((error as CamError).message.split(', not "')[0], `--${name} takes ${reading.takes}`);
    }
  });
}
refused('an unknown method is named before the model is loaded', async () => {
  const { code, stderr, asked } = await camwasm(['a.jpg', '-m', 'gradkam']);
  assert.is(code, 2);
  assert.match(stderr, /^camwasm: Unknown method "gradkam"/);
  assert.is(asked.load, undefined);
});
refused.run();

const help = suite('help');

for (const name of Object.keys(COMMANDS) as CommandName[]) {
  help(`camwasm ${name} --help shows examples, then every option`, async () => {
    const { code, stdout, stderr, asked } = await camwasm([name, '--help']);
    assert.is(code, 0);
    assert.is(stderr, '');
    assert.is(asked.load, undefined);
    const { usage, examples } = COMMANDS[name];
    const options = optionsOf(name);
    assert.ok(stdout.startsWith(`${usage}\n`));
    const heading = stdout.indexOf(`${OPTIONS[options[0]].group}:\n`);
    for (const [line] of examples) assert.ok(stdout.slice(0, heading).includes(line), line);
    for (const option of options) assert.ok(stdout.slice(heading).includes(`--${option}`), option);
    assert.ok(stdout.split('\n').every((line) => line.length <= 100));
  });
  help(`the examples of camwasm ${name} are understood`, async () => {
    for (const [line] of COMMANDS[name].examples) {
      const words = line.replace(/ >.*/, '').split(' ').slice(1);
      assert.is((await parseArguments(words)).command, name);
    }
  });
}
help('--version is that of the package', async () => {
  const { stdout, code } = await camwasm(['--version']);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  assert.is(code, 0);
});
help.run();
