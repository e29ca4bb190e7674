// Names from outside may be those of what every object inherits. None of them is found in a table.
import { suite } from 'uvu';
import {
  type CamError,
  COLORMAPS,
  Explainer,
  type ExplainOptions,
  inspect,
  type LoadOptions,
  METHODS,
  overlay,
} from '../../src/index.ts';
import { labelsOfConfig } from '../../src/models/labels.ts';
import { readModelConfig } from '../../src/models/model-config.ts';
import { readPreprocessorConfig } from '../../src/models/preprocessor-config.ts';
import { Emitter } from '../../src/onnx/emitter.ts';
import { makeTensor } from '../../src/onnx/tensor.ts';
import { type OptionName, type OptionRow, OPTIONS } from '../../src/options/index.ts';
import { createHandler } from '../../src/server/index.ts';
import * as assert from '../helpers/assert.ts';
import { rejection } from '../helpers/failure.ts';

const test = suite('inherited names');

const INHERITED = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf'];

const PIXELS = { data: Uint8Array.from({ length: 4 * 64 }, (_, i) => (i * 37) % 256), width: 8, height: 8 };

/** A small network whose values have these names. */
function network(input: string, layer: string, output: string): Uint8Array {
  const e = new Emitter();
  const x = e.input(input, 'float32', [1, 3, 8, 8]);
  const weights = Array.from({ length: 12 }, (_, i) => Math.sin(i));
  e.initializer(makeTensor('w', 'float32', [4, 3, 1, 1], weights), 'w');
  e.alias(e.op('Relu', [e.op('Conv', [x, 'w'])]), layer);
  e.output(e.op('Flatten', [e.op('GlobalAveragePool', [layer])]), output);
  return e.bytes();
}

async function heatmapOf(model: Uint8Array, options: ExplainOptions = {}): Promise<Float32Array> {
  const explainer = await Explainer.load(model);
  try {
    return (await explainer.explain(PIXELS, options)).heatmap.data;
  } finally {
    await explainer.close();
  }
}

for (const name of INHERITED) {
  test(`values of a model called ${name}`, async () => {
    const expected = await heatmapOf(network('x', 'layer', 'scores'), { layer: 'layer' });
    assert.equal(await heatmapOf(network(name, 'layer', 'scores'), { layer: 'layer' }), expected);
    const { layers } = await inspect(network(name, 'layer', 'scores'));
    assert.ok(layers.length > 0);
    for (const [model, options] of [
      [network('x', name, 'scores'), { layer: name }],
      [network('x', 'layer', name), { output: name, layer: 'layer' }],
    ] as const) {
      // onnxruntime-web returns values in an object that cannot hold `__proto__`.
      if (name === '__proto__')
        assert.is((await rejection(heatmapOf(model, options))).code, 'UNSUPPORTED_MODEL');
      else assert.equal(await heatmapOf(model, options), expected);
    }
  });

  test(`an option, and the value of an option, called ${name}`, async () => {
    for (const option of Object.keys(OPTIONS) as OptionName[]) {
      const { reading }: OptionRow<unknown> = OPTIONS[option];
      const value = reading?.read(name);
      if (reading?.choices) assert.is(value, undefined, option);
      else if (value !== undefined)
        assert.match(JSON.stringify(value).toLowerCase(), name.toLowerCase(), option);
    }
    const unknown = Object.fromEntries([[name, 1]]);
    assert.is(
      (await rejection(Explainer.load(network('x', 'l', 'y'), unknown as LoadOptions))).code,
      'BAD_OPTION',
    );
    const explainer = await Explainer.load(network('x', 'l', 'y'));
    for (const [options, code] of [
      [unknown, 'BAD_OPTION'],
      [{ method: name }, 'UNKNOWN_METHOD'],
      [{ layer: name }, 'UNKNOWN_LAYER'],
      [{ class: name }, 'UNKNOWN_CLASS'],
      [{ output: name }, 'BAD_OPTION'],
      [{ target: unknown }, 'BAD_TARGET'],
      [{ inputs: Object.fromEntries([[name, { dims: [1], data: [1] }]]) }, 'BAD_OPTION'],
      [{ baseline: name }, 'BAD_OPTION'],
      [{ score: name }, 'BAD_OPTION'],
    ] as const) {
      const error = await rejection(explainer.explain(PIXELS, options as unknown as ExplainOptions));
      assert.is(error.code, code, JSON.stringify(options));
    }
    const explanation = await explainer.explain(PIXELS);
    for (const options of [unknown, { colormap: name }, { base: name }]) {
      const error = await Promise.resolve()
        .then(() => overlay(explanation, options as object))
        .catch((error: unknown) => error as CamError);
      assert.is((error as CamError).code, 'BAD_OPTION', JSON.stringify(options));
    }
    await explainer.close();
  });

  test(`files beside a model with the key ${name}`, () => {
    for (const json of [`{"${name}": {"0": "ant"}}`, `{"id2label": {"${name}": "ant"}}`]) {
      for (const read of [labelsOfConfig, readModelConfig, readPreprocessorConfig]) {
        let result: unknown;
        try {
          result = read(json);
        } catch (error) {
          assert.match((error as CamError).code ?? String(error), /^BAD_/);
        }
        assert.not.match(JSON.stringify(result) ?? '', 'native code');
      }
    }
    for (const json of [`{"do_resize": "${name}"}`, `{"mode": "${name}"}`, `{"size": {"${name}": 3}}`]) {
      try {
        readPreprocessorConfig(json);
      } catch (error) {
        assert.is((error as CamError).code, 'BAD_MODEL');
      }
    }
  });

  test(`the server is asked for ${name}`, async () => {
    const { fetch, close } = createHandler({ models: { one: () => Explainer.load(network('x', 'l', 'y')) } });
    const asked = (path: string, body: BodyInit | null = null) =>
      fetch(new Request(`http://camwasm.test${path}`, { method: body === null ? 'GET' : 'POST', body }));
    assert.is((await asked(`/${name}`)).status, 404);
    for (const option of [...Object.keys(OPTIONS), name]) {
      const { status } = await asked(`/explain?${option}=${name}`, new Uint8Array([1]));
      assert.ok(status >= 400 && status < 500, `${option}: ${status}`);
    }
    assert.is((await asked(`/explain?model=${name}`, new Uint8Array([1]))).status, 404);
    await close();
  });
}

test('no table has them', () => {
  for (const table of [METHODS, COLORMAPS, OPTIONS])
    assert.equal(
      INHERITED.filter((name) => Object.hasOwn(table, name)),
      [],
    );
});

test.run();
