// Runs the spec on workerd; the material comes from the harness.
import jpeg from '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm';
import webp from '@jsquash/webp/codec/dec/webp_dec.wasm';
import kernels from 'camwasm/kernels.wasm';
import config from 'camwasm/models/config.json';
import builtin from 'camwasm/models/efficientnet-lite0.onnx';
import preprocessor from 'camwasm/models/preprocessor_config.json';
import * as server from 'camwasm/server';
import { loadExplainer, overlay, toPNG } from 'camwasm/workerd';
import runtime from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
import { compute, pack } from './spec.js';

const worker = {
  async fetch(request, env) {
    try {
      const { instantiate } = WebAssembly;
      const result = await compute({
        load: (model) =>
          loadExplainer(
            model ?? builtin,
            { runtime, kernels, jpeg, webp },
            model ? {} : { config, preprocessor },
          ),
        read: async (path) =>
          new Uint8Array(await (await fetch(`${env.MATERIAL}/material/${path}`)).arrayBuffer()),
        camwasm: { overlay, toPNG },
        server,
      });
      if (WebAssembly.instantiate !== instantiate)
        throw new Error('WebAssembly.instantiate was not restored');
      return new Response(pack(result));
    } catch (error) {
      return Response.json({ error: `${error.stack ?? error}\n${error.cause?.stack ?? ''}` });
    }
  },
};

export { worker as default };
