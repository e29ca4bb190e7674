import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { suite } from 'uvu';
import type { CamError } from '../../src/errors.ts';
import { checkOptions } from '../../src/options/check.ts';
import {
  COMMAND_NAMES,
  LIBRARY_OPTIONS,
  librarySettings,
  type OptionName,
  type OptionRow,
  OPTIONS,
  optionsOf,
} from '../../src/options/options.ts';
import { inFlags, inParameters } from '../../src/options/wording.ts';
import { QUERY } from '../../src/server/query.ts';
import { camwasm } from '../cli/fake.ts';
import * as assert from '../helpers/assert.ts';

const table = suite('the table of options');

/** A value of every flag that takes one, as text and as it reads. */
const SENSE: Partial<Record<OptionName, readonly [text: string, value: unknown]>> = {
  method: ['gradcam,cam', ['gradcam', 'cam']],
  model: ['m.onnx', 'm.onnx'],
  preset: ['yolox', 'yolox'],
  labels: ['l.txt', 'l.txt'],
  class: ['3', ['3']],
  methods: ['all', ['all']],
  classes: ['top3', 'top3'],
  target: ['class:1', ['class:1']],
  top: ['2', 2],
  'output-name': ['y', 'y'],
  'output-kind': ['mask', 'mask'],
  activation: ['sigmoid', 'sigmoid'],
  input: ['ids=i.npy', [{ name: 'ids', file: 'i.npy' }]],
  'image-input': ['x', 'x'],
  layer: ['a', ['a']],
  tokens: ['14x7+1', { height: 14, width: 7, prefix: 1 }],
  score: ['probability', 'probability'],
  compat: ['torch-cam', 'torch-cam'],
  base: ['layercam', 'layercam'],
  fuse: ['max', 'max'],
  'smooth-noise': ['4:0.5', { n: 4, sigma: 0.5 }],
  samples: ['7', 7],
  concepts: ['2', 2],
  baseline: ['blur', 'blur'],
  seed: ['0', 0],
  directions: ['5', 5],
  output: ['o/', 'o/'],
  format: ['npy', 'npy'],
  'save-tensors': ['t', 't'],
  colormap: ['viridis', 'viridis'],
  alpha: ['.25', 0.25],
  bands: ['3,2,1', [3, 2, 1]],
  slice: ['4', [4]],
  scale: ['shared', 'shared'],
  size: ['32x16', { width: 32, height: 16 }],
  fit: ['crop', 'crop'],
  'crop-pct': ['0.875', 0.875],
  resample: ['bicubic', 'bicubic'],
  channels: ['bgr', ['bgr']],
  range: ['0..255', [0, 255]],
  mean: ['0.5', [0.5]],
  std: ['1,2,3', [1, 2, 3]],
  'keras-mode': ['caffe', 'caffe'],
  layout: ['nhwc', 'nhwc'],
  threads: ['64', 64],
  memory: ['1000', 1000],
  'batch-size': ['3', 3],
  port: ['0', 0],
  host: ['::1', '::1'],
  'allow-host': ['Cam.example.com,*', ['cam.example.com', '*']],
  'allow-origin': ['https://App.example.com/,null', ['https://app.example.com', 'null']],
};

for (const name of Object.keys(OPTIONS) as OptionName[]) {
  const { reading, commands, sets = {} }: OptionRow<unknown> = OPTIONS[name];
  table(`--${name} is read, completed, and reaches the library`, async () => {
    const value = reading ? SENSE[name]?.[1] : true;
    assert.is.not(value, undefined, 'no example of a value');
    if (reading) assert.equal(reading.read(SENSE[name]![0]), value);
    assert.ok(commands.length > 0);
    const { stdout } = await camwasm(['completion', 'bash']);
    for (const command of commands) {
      assert.ok(optionsOf(command).includes(name));
      const line = stdout
        .split('\n')
        .find((text) => text.trim().startsWith(command === 'explain' ? '*)' : `${command})`));
      assert.match(line!, new RegExp(` ?--${name}[ "]`));
    }
    for (const [option, check] of Object.entries(sets)) {
      assert.is(LIBRARY_OPTIONS.get(option), check, `${option} is validated`);
      const [place, key] = option.split('.');
      if (!reading || check === reading || check === reading.library) {
        assert.equal(librarySettings({ [name]: value }, place), { [key]: value });
        assert.ok(check.accepts(value), `${option} takes what the flag reads`);
      }
      assert.not.ok(check.accepts(Symbol()), `${option} takes anything`);
      assert.is(
        inFlags(`Set \`${option.replace(/^(explain|load|overlay|handler)\./, '')}\`.`),
        `Set --${name}.`,
      );
    }
  });
}

table('every option that the library declares is validated', () => {
  const file = fileURLToPath(new URL('../../src/options/options.ts', import.meta.url));
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    strict: true,
    noEmit: true,
  });
  const types = program.getTypeChecker();
  const [declaration] = program
    .getSourceFile(file)!
    .statements.filter(
      (statement) => ts.isTypeAliasDeclaration(statement) && statement.name.text === 'LibraryOption',
    );
  const union = types.getTypeAtLocation(declaration) as ts.UnionType;
  const declared = union.types.map((type) => (type as ts.StringLiteralType).value);
  assert.ok(declared.includes('explain.layer') && declared.includes('load.threads'));
  assert.equal([...LIBRARY_OPTIONS.keys()].sort(), declared.sort());
});
table('every command has help for its options, and a completion in every shell', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await camwasm(['completion', shell]);
    assert.is(code, 0);
    for (const command of COMMAND_NAMES) assert.ok(stdout.includes(command), `${shell}: ${command}`);
    assert.ok(stdout.includes('viridis'), 'values of options are completed');
  }
  const wrong = await camwasm(['completion', 'bsh']);
  assert.is(wrong.code, 2);
  assert.match(wrong.stderr, /Did you mean "bash"/);
});
table.run();

const check = suite('options of the library');

const refusal = (given: unknown, place: Parameters<typeof checkOptions>[1] = 'explain'): CamError => {
  try {
    checkOptions(given, place);
  } catch (error) {
    return error as CamError;
  }
  throw new Error(`${JSON.stringify(given)} passed`);
};

for (const [given, option, message] of [
  [{ methods: ['gradcam'] }, 'methods', /Unknown option `methods`. Did you mean "method"/],
  [{ method: [] }, 'method', /`method` is an empty list/],
  [{ layer: 5 }, 'layer', /`layer` is 5, but takes the name of a module, node or value of the model/],
  [{ score: 'logits' }, 'score', /`score` is "logits".*Did you mean "logit"/],
  [{ class: -1 }, 'class', /`class` is -1/],
  [{ class: 1, target: 2 }, 'target', /`class` and `target` exclude each other/],
  [{ top: 2, class: 1 }, 'top', /exclude each other/],
  [{ samples: 0 }, 'samples', /a whole number from 1 up/],
  [{ signed: 'yes' }, 'signed', /true or false/],
  [{ tokens: '14x14' }, 'tokens', /rows x columns/],
  [{ signal: {} }, 'signal', /an AbortSignal/],
  [{ inputs: new Map() }, 'inputs', /an object/],
  [{ smoothNoise: { n: 2, sigma: 0.1, sigm: 1 } }, 'smoothNoise.sigm', /Did you mean "sigma"/],
  [
    { tokens: { height: 2, width: 2, prefix: 0, cls: 1 } },
    'tokens.cls',
    /Known: depth, height, width, prefix/,
  ],
  [{ constructor: 1 }, 'constructor', /Unknown option `constructor`/],
  [JSON.parse('{ "__proto__": 1 }') as object, '__proto__', /Unknown option `__proto__`/],
  [null, 'options', /The options are null\. Pass an object/],
  [3, 'options', /The options are 3/],
  [() => 1, 'options', /The options are a function/],
  [['gradcam'], 'options', /Pass an object/],
] as const) {
  check(`explain: ${String(JSON.stringify(given))}`, () => {
    const error = refusal(given);
    assert.equal([error.code, error.option], ['BAD_OPTION', option]);
    assert.match(error.message, message);
  });
}
check('load: preprocessing is validated by its own names', () => {
  assert.is(refusal({ preprocessing: { size: 224 } }, 'load').option, 'preprocessing.size');
  assert.match(refusal({ preprocessing: { fit: 'fill' } }, 'load').message, /stretch, crop, letterbox/);
  assert.match(refusal({ preprocessing: { range: [0, 0] } }, 'load').message, /two different numbers/);
  assert.match(refusal({ lables: [] }, 'load').message, /Did you mean "labels"/);
});
for (const [given, option] of [
  [{ preprocessing: [] }, 'preprocessing'],
  [{ modules: { kernels: 1 } }, 'modules.kernels'],
  [{ modules: { kernel: 1 } }, 'modules.kernel'],
  [{ external: [{ pth: 'w.bin' }] }, 'external'],
  [{ external: [{ path: 'w.bin', data: 'bytes' }] }, 'external'],
  [{ ort: {} }, 'ort'],
  [{ executionProviders: ['cuda'] }, 'executionProviders'],
] as const) {
  check(`load: ${JSON.stringify(given)}`, () => {
    const error = refusal(given, 'load');
    assert.equal([error.code, error.option], ['BAD_OPTION', option]);
  });
}
check('drawing: color map and opacity, and a quality for JPEG alone', () => {
  assert.match(refusal({ alhpa: 1 }, 'overlay').message, /Did you mean "alpha"/);
  assert.is(refusal({ quality: 90 }, 'overlay').option, 'quality');
  for (const quality of [0, 0.5, 101, '90']) assert.is(refusal({ quality }, 'toJPEG').option, 'quality');
  checkOptions({ quality: 100, alpha: 1, colormap: 'viridis' }, 'toJPEG');
});
check('predict takes no method', () => assert.is(refusal({ method: 'cam' }, 'predict').option, 'method'));
check('what is undefined was not given', () => {
  checkOptions({ class: undefined, target: 1, layer: undefined }, 'explain');
});
check.run();

const words = suite('names of options in messages');

words('flags for the command line, parameters for a request', () => {
  const message = 'Lower `batchSize` or `preprocessing.width` × `preprocessing.height`; keep `x`.';
  assert.is(inFlags(message), 'Lower --batch-size or --size; keep `x`.');
  assert.ok(QUERY.includes('batch-size') && !QUERY.includes('size'));
  assert.match(inParameters(message), /^Lower "batch-size" or `preprocessing\.width`/);
});
words.run();
