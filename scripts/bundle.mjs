// Bundles dist/browser/camwasm.js with the scripts of onnxruntime-web and of the decoders into one file, with their
// wasm beside it.
import { copyFileSync } from 'node:fs';
import { basename } from 'node:path';
import { buildSync } from 'esbuild';

const DECODERS = [
  'node_modules/@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm',
  'node_modules/@jsquash/webp/codec/dec/webp_dec.wasm',
];

/** Bundles a built folder. Prints errors, and throws. */
export function bundle(folder) {
  const file = `${folder}/browser/camwasm.js`;
  buildSync({
    entryPoints: [file],
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
    banner: {
      js: '/*! camwasm (MIT), with onnxruntime-web (MIT, Microsoft) and the decoders of jSquash (Apache-2.0) */',
    },
  });
  for (const path of DECODERS) copyFileSync(path, `${folder}/browser/${basename(path)}`);
}
