// Imports make wrangler deploy the wasm compiled; the model is imported as bytes (wrangler.jsonc).
import jpeg from '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm';
import webp from '@jsquash/webp/codec/dec/webp_dec.wasm';
import kernels from 'camwasm/kernels.wasm';
import config from 'camwasm/models/config.json';
import model from 'camwasm/models/efficientnet-lite0.onnx';
import preprocessor from 'camwasm/models/preprocessor_config.json';
import { createHandler } from 'camwasm/server';
import { loadExplainer } from 'camwasm/workerd';
import runtime from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';

const load = () => loadExplainer(model, { runtime, kernels, jpeg, webp }, { config, preprocessor });

// 128 MB in total: small images, and few waiting requests.
const { fetch } = createHandler({
  models: { 'efficientnet-lite0': load },
  limits: { bytes: 2e6, pixels: 1e6, batch: 16, numbers: 2e5, waiting: 8 },
});

export default { fetch };
