import { readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CamError } from '../../src/errors.ts';
import { FOREIGN_FORMATS, requireOnnx } from '../../src/models/foreign-formats.ts';
import { loadModel } from '../../src/models/source.ts';

const test = suite('files that are not ONNX models');

const bytesOf = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'string' ? [...part].map((letter) => letter.charCodeAt(0)) : part)),
  );

/** A local file header of a zip archive, then the name. */
const zip = (name: string): Uint8Array =>
  bytesOf('PK\x03\x04', new Array<number>(22).fill(0), [name.length, 0, 0, 0], name);

/** How each format starts, as its tools write it, and what helps. */
const STARTS: readonly (readonly [title: string, bytes: Uint8Array, advice: RegExp])[] = [
  ['Git LFS', bytesOf('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'), /git lfs pull/],
  ['web page', bytesOf('\n<!DOCTYPE html>\n<html lang="en">'), /Download the file itself/],
  ['PyTorch checkpoint', zip('archive/data.pkl'), /torch\.onnx\.export/],
  ['Keras', zip('config.json'), /format="onnx"/],
  ['zip', zip('readme.txt'), /Unpack/],
  ['pickled', bytesOf([0x80, 2, 0x8a, 10, 0x6c]), /torch\.onnx\.export/],
  ['HDF5', bytesOf([0x89], 'HDF\r\n\x1a\n', [0, 0]), /format="onnx"/],
  ['TensorFlow Lite', bytesOf([0x1c, 0, 0, 0], 'TFL3', [0, 0]), /tf2onnx/],
  ['onnxruntime', bytesOf([0x20, 0, 0, 0], 'ORTM'), /\.onnx file it was made from/],
  ['safetensors', bytesOf([32, 0, 0, 0, 0, 0, 0, 0], '{"__metadata__":{"format":"pt"}}    '), /optimum-cli/],
  ['GGUF', bytesOf('GGUF', [3, 0, 0, 0]), /optimum-cli/],
  ['gzip', bytesOf([0x1f, 0x8b, 8, 0]), /gunzip/],
  ['JSON', bytesOf('{"format": "graph-model"}'), /tfjs/],
  ['XML', bytesOf('<?xml version="1.0"?><net name="x">'), /made from/],
];

for (const [title, bytes, advice] of STARTS) {
  test(title, async () => {
    const error = await loadModel(bytes).catch((e: unknown) => e);
    assert.instance(error, CamError);
    assert.is((error as CamError).code, 'BAD_MODEL');
    assert.match((error as CamError).message, new RegExp(`^This is .*${title}.*not an ONNX model`));
    assert.match((error as CamError).message, advice);
  });
}

test('every format has an example', () => {
  const latin1 = (bytes: Uint8Array) => String.fromCharCode(...bytes);
  const shown = STARTS.map(([, bytes]) => FOREIGN_FORMATS.find(({ is }) => is(bytes, latin1(bytes), bytes.length)));
  assert.equal(
    FOREIGN_FORMATS.filter((format) => !shown.includes(format)).map(({ title }) => title),
    [],
  );
});

test('an empty file', () => assert.throws(() => requireOnnx(new Uint8Array()), /The file is empty/));

test('models are none of them', () => {
  const fixtures = new URL('../fixtures/', import.meta.url);
  for (const name of readdirSync(fixtures))
    requireOnnx(readFileSync(new URL(`${name}/model.onnx`, fixtures)));
});

test.run();
