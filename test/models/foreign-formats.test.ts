import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { fileStart, FOREIGN_FORMATS, requireOnnx } from '../../src/models/foreign-formats.ts';
import { loadModel } from '../../src/models/source.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('files that are not ONNX models');

const bytesOf = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'string' ? [...part].map((letter) => letter.charCodeAt(0)) : part)),
  );

/** A local file header of a zip archive, then the name. */
const zip = (name: string): Uint8Array =>
  bytesOf('PK\x03\x04', new Array<number>(22).fill(0), [name.length, 0, 0, 0], name);

/** A length-delimited field of a protobuf message. */
const field = (id: number, ...parts: readonly (string | readonly number[] | Uint8Array)[]): number[] => {
  const payload = [...bytesOf(...parts.map((part) => (typeof part === 'string' ? part : [...part])))];
  const tag = id < 16 ? [8 * id + 2] : [((8 * id + 2) & 127) | 128, (8 * id + 2) >> 7];
  return [...tag, payload.length, ...payload];
};

// tensorflow/core/framework/graph.proto: nodes, then the versions.
const GRAPH_DEF = [...field(1, field(1, 'x'), field(2, 'Placeholder')), ...field(4, [8, 27])];

/** How each format starts, as its tools write it, and what helps. */
const STARTS: readonly (readonly [title: string, bytes: Uint8Array, advice: RegExp])[] = [
  ['Git LFS', bytesOf('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'), /git lfs pull/],
  ['web page', bytesOf('\n<!DOCTYPE html>\n<html lang="en">'), /Download the file itself/],
  ['web page', bytesOf('<html><head><title>404</title>'), /Download the file itself/],
  ['web page', bytesOf([0xef, 0xbb, 0xbf], '\r\n  <!doctype HTML>'), /Download the file itself/],
  ['web page', bytesOf('<!-- a\nnote -->\n<HEAD><title>Sign in'), /Download the file itself/],
  ['web page', bytesOf('<body>Not found</body>'), /Download the file itself/],
  ['PyTorch checkpoint', zip('archive/constants.pkl'), /torch\.onnx\.export/],
  ['PyTorch checkpoint', zip('archive/data.pkl'), /torch\.onnx\.export/],
  ['Keras', zip('config.json'), /format="onnx"/],
  ['Keras', zip('model.weights.h5'), /format="onnx"/],
  ['zip', zip('readme.txt'), /Unpack/],
  ['pickled', bytesOf([0x80, 5, 0x95, 1, 0]), /torch\.onnx\.export/],
  ['pickled', bytesOf([0x80, 2, 0x8a, 10, 0x6c]), /torch\.onnx\.export/],
  ['HDF5', bytesOf([0x89], 'HDF\r\n\x1a\n', [0, 0]), /format="onnx"/],
  ['TensorFlow Lite', bytesOf([0x1c, 0, 0, 0], 'TFL3', [0, 0]), /tf2onnx/],
  ['onnxruntime', bytesOf([0x20, 0, 0, 0], 'ORTM'), /\.onnx file it was made from/],
  ['safetensors', bytesOf([32, 0, 0, 0, 0, 0, 0, 0], '{"__metadata__":{"format":"pt"}}    '), /optimum-cli/],
  ['GGUF', bytesOf('GGUF', [3, 0, 0, 0]), /optimum-cli/],
  ['gzip', bytesOf([0x1f, 0x8b, 8, 0]), /gunzip/],
  ['JSON', bytesOf('{"format": "graph-model"}'), /tfjs/],
  ['npz', zip('arr_0.npy'), /Pass it as an input/],
  ['npy', bytesOf([0x93], 'NUMPY', [1, 0]), /Pass it as an input/],
  ['pickled', bytesOf('(dp0\nVw\np1\nI1\ns.'), /torch\.onnx\.export/],
  ['pickled', bytesOf('ccollections\nOrderedDict\np0\n(tRp1\n'), /torch\.onnx\.export/],
  ['pickled', bytesOf('(lp0\nI1\na.'), /torch\.onnx\.export/],
  ['pickled', bytesOf('L119547037146038801333356L\n.'), /torch\.onnx\.export/],
  ['pickled', bytesOf('}q\0X\x01\0\0\0wq\x01K\x01s.'), /torch\.onnx\.export/],
  ['OpenVINO', bytesOf('<?xml version="1.0"?>\n<net name="x" version="11">'), /made from/],
  ['OpenVINO', bytesOf('<net name="x" version="10">'), /made from/],
  ['XML', bytesOf('<?xml version="1.0"?><PMML version="4.4">'), /\.onnx file/],
  ['TensorRT', bytesOf('ftrt', [0, 0, 0, 0]), /built from/],
  ['TensorRT', bytesOf([14, 0, 0, 0], '{"task": "dt"}', 'ftrt'), /built from/],
  ['SavedModel', bytesOf([8, 1], field(2, field(1, field(4, 'serve')), field(2, GRAPH_DEF))), /--saved-model/],
  ['frozen TensorFlow graph', bytesOf(GRAPH_DEF), /--graphdef/],
  ['Core ML', bytesOf([8, 4], field(2, field(1, field(1, 'x'))), field(500, [8, 1])), /convert_coreml/],
  ['Core ML', bytesOf([8, 1], field(2, field(1, field(1, 'x'))), field(502, [8, 1])), /torch\.onnx\.export/],
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
  const shown = [
    ...STARTS.map(([, bytes]) => fileStart(bytes)),
    fileStart(bytesOf([0, 0, 128, 63]), 'model.bin'),
  ].map((file) => FOREIGN_FORMATS.find(({ is }) => is(file)));
  assert.equal(
    FOREIGN_FORMATS.filter((format) => !shown.includes(format)).map(({ title }) => title),
    [],
  );
});

test('bare weights, by name only, as OpenVINO writes them', () => {
  const weights = bytesOf([0, 0, 128, 63]);
  assert.throws(() => requireOnnx(weights, '/models/net.BIN'), /a file of weights.*torch\.onnx\.export/);
  requireOnnx(weights, 'net.onnx');
  requireOnnx(bytesOf([8, 9]), 'onnx-by-another-name.bin');
});

for (const [title, bytes] of [
  ['a PNG image', bytesOf([0x89], 'PNG\r\n\x1a\n', [0, 0, 0, 13])],
  ['a JPEG image', bytesOf([0xff, 0xd8, 0xff, 0xe0])],
  ['an AVIF image', bytesOf([0, 0, 0, 32], 'ftypavif')],
  ['an SVG drawing', bytesOf('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">')],
] as const) {
  test(`${title} given as the model`, () =>
    assert.throws(() => requireOnnx(bytes), new RegExp(`^This is ${title}, not an ONNX model\\.`)));
}

/** What a folder with these files, given as the model, is answered. */
async function answerTo(...names: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'camwasm-'));
  try {
    for (const name of names) {
      if (name.endsWith('/')) mkdirSync(join(folder, name));
      else writeFileSync(join(folder, name), '');
    }
    const error = await loadModel(folder).catch((e: unknown) => e);
    assert.instance(error, CamError);
    assert.is((error as CamError).code, 'BAD_MODEL');
    return (error as CamError).message;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const [what, names, answer] of [
  ['SavedModel', ['saved_model.pb', 'variables/'], /SavedModel.*--saved-model/],
  ['mlpackage', ['Manifest.json', 'Data/'], /\.mlpackage.*torch\.onnx\.export/],
  ['mlmodelc', ['coremldata.bin', 'model.mil'], /\.mlmodelc/],
  ['OpenVINO', ['m.xml', 'm.bin'], /OpenVINO.*made from/],
  ['Hugging Face', ['config.json', 'model.safetensors'], /optimum-cli export onnx/],
  ['models', ['b.onnx', 'a.onnx', 'config.json'], /Pass a model in it: a\.onnx, b\.onnx\./],
  ['a folder of models', ['config.json', 'model.safetensors', 'onnx/'], /its folder onnx/],
  ['anything else', ['readme.txt'], /a folder without an ONNX model/],
] as const) {
  test(`a folder: ${what}`, async () => assert.match(await answerTo(...names), answer));
}

test('an empty file', () => assert.throws(() => requireOnnx(new Uint8Array()), /The file is empty/));

test('models are none of them', () => {
  const fixtures = new URL('../fixtures/', import.meta.url);
  for (const name of readdirSync(fixtures))
    requireOnnx(readFileSync(new URL(`${name}/model.onnx`, fixtures)));
});

test.run();
