// For threads, a page has to be cross-origin isolated; without these headers one thread runs the model.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default {
  base: './',
  build: { target: 'esnext' },
  // Prebundling would part the modules from the wasm that they locate beside themselves.
  optimizeDeps: { exclude: ['camwasm', 'onnxruntime-web', '@jsquash/jpeg', '@jsquash/webp'] },
  server: { headers },
  preview: { headers },
};
