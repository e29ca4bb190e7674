import { suite } from 'uvu';
import { wasmPaths } from '../../src/browser/wasm-paths.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('wasmPaths');

const PAGE = 'https://page.test';
const WASM = 'ort-wasm-simd-threaded.wasm';

test('in node_modules, the files lie in the package beside this one', () => {
  const script = `${PAGE}/node_modules/camwasm/dist/browser/camwasm.js`;
  assert.equal(wasmPaths(script, PAGE, '1.30.0'), {
    wasm: `${PAGE}/node_modules/onnxruntime-web/dist/${WASM}`,
  });
  const pnpm = `${PAGE}/node_modules/.pnpm/camwasm@0.1.0/node_modules/camwasm/dist/browser/camwasm.js`;
  assert.equal(wasmPaths(pnpm, PAGE, '1.30.0'), {
    wasm: `${PAGE}/node_modules/.pnpm/camwasm@0.1.0/node_modules/onnxruntime-web/dist/${WASM}`,
  });
});

test('on a CDN, they have the exact version, and threads their script', () => {
  const folder = 'https://cdn.test/npm/onnxruntime-web@1.30.0/dist';
  for (const name of ['camwasm', 'camwasm@0.1.0', 'camwasm@latest']) {
    assert.equal(wasmPaths(`https://cdn.test/npm/${name}/dist/browser/camwasm.js`, PAGE, '1.30.0'), {
      wasm: `${folder}/${WASM}`,
      mjs: `${folder}/ort-wasm-simd-threaded.mjs`,
    });
  }
});

test('copied elsewhere, they lie beside the script', () => {
  assert.equal(wasmPaths(`${PAGE}/js/camwasm.js`, PAGE, '1.30.0'), { wasm: `${PAGE}/js/${WASM}` });
  assert.equal(wasmPaths(`${PAGE}/js/cam.js?v=2`, PAGE, '1.30.0'), { wasm: `${PAGE}/js/${WASM}` });
});

test.run();
