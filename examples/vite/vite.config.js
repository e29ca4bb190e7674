// Threads need a cross-origin isolated page; without these headers, the model runs on one thread.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default {
  base: './',
  build: { target: 'esnext' },
  // Prebundling would separate the modules from the wasm beside them.
  optimizeDeps: { exclude: ['camwasm', 'onnxruntime-web', '@jsquash/jpeg', '@jsquash/webp'] },
  server: { headers },
  preview: { headers },
};
