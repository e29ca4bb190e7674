import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { type CamError, Explainer, onScale, overlay, toJPEG, toPNG, writeNpy } from '../../src/index.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('pictures of an explanation');
const golfBall = readFileSync(new URL('../../examples/golf-ball.jpg', import.meta.url));
const other = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

// First, while no kernels have been started in this process or all of them are good.
test('kernels that are none are refused, and spoil nothing', async () => {
  const error = await Explainer.load(undefined, { modules: { kernels: other } }).catch((e: CamError) => e);
  assert.equal([(error as CamError).code, (error as CamError).option], ['BAD_OPTION', 'modules.kernels']);
  const explainer = await Explainer.load();
  const explanation = await explainer.explain(golfBall);
  assert.is((await toPNG(explanation))[1], 'P'.charCodeAt(0));
  await explainer.close();
});

const explainer = await Explainer.load();
const explanation = await explainer.explain(golfBall);
await explainer.close();

test('a picture can be drawn again from a copy', async () => {
  const copy = structuredClone(explanation);
  assert.equal(await overlay(copy, { alpha: 0.3 }), await overlay(explanation, { alpha: 0.3 }));
});

test('an explanation or a picture is drawn, and nothing else', async () => {
  assert.equal(await toPNG(await overlay(explanation)), await toPNG(explanation));
  for (const of of [undefined, null, 3, {}, { data: [], width: 1, height: 1 }]) {
    for (const draw of [toPNG, toJPEG]) {
      const error = await draw(of as never).catch((e: CamError) => e);
      assert.is((error as CamError).code, 'BAD_IMAGE', String(of));
    }
  }
});

test('options are validated', async () => {
  for (const [work, option] of [
    [() => overlay(explanation, { alpha: 2 }), 'alpha'],
    [() => toPNG(explanation, 'jet' as never), 'options'],
    [() => toJPEG(explanation, { quality: 0.9 }), 'quality'],
    [() => Promise.resolve().then(() => onScale(explanation, [1, 0])), 'range'],
    [() => Promise.resolve().then(() => onScale(explanation, [NaN, 1])), 'range'],
  ] as const) {
    const error = await work().catch((e: CamError) => e);
    assert.equal([(error as CamError).code, (error as CamError).option], ['BAD_OPTION', option]);
  }
});

test('a .npy file has the shape of its data', () => {
  for (const [dims, data] of [
    [[2, 2], new Float32Array(3)],
    [[-1, -3], new Float32Array(3)],
    [[3], [1, 2, 3]],
  ] as const) {
    assert.throws(
      () => writeNpy(dims, data as Float32Array),
      (error: CamError) => error.code === 'BAD_TENSOR',
    );
  }
});

test('a failure keeps its code in a copy', async () => {
  const model = await Explainer.load();
  const report = await model.explainAll(golfBall, { method: ['gradcam', 'rollout'] });
  const { failures } = structuredClone(report);
  assert.equal(
    failures.map(({ method, code, option }) => [method, code, option]),
    [['rollout', 'UNSUPPORTED_MODEL', undefined]],
  );
  await model.close();
});

test.run();
