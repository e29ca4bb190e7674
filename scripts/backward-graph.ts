// Writes the backward graph between a layer and the explained output, for viewing in Netron: node --import tsx
// scripts/backward-graph.ts model.onnx LAYER backward.onnx
import { readFileSync, writeFileSync } from 'node:fs';
import { backwardGraph } from '../src/autodiff/backward.ts';
import { imageInput } from '../src/network/inputs.ts';
import { findLayer, layersOf } from '../src/network/layers.ts';
import { Network } from '../src/network/network.ts';
import { classOutput, outputNamed } from '../src/network/output.ts';
import { readModel } from '../src/onnx/read.ts';
import { floatTensor, sizeOf } from '../src/runtime/tensor.ts';

const [file, name, to] = process.argv.slice(2);
if (to === undefined) throw new Error('Pass a model, a layer and an output file.');
const model = readModel(readFileSync(file));
const input = imageInput(model.graph.inputs);
const dims = (input.dims ?? []).map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? 1 : 224));
const image = floatTensor(dims, new Float32Array(sizeOf(dims)));
const network = await Network.open(model, { [input.name]: image }, {});
const { logits } = classOutput(network, input.name, outputNamed(model, network.facts));
const layer = findLayer(network, layersOf(network, input.name, logits), logits, name).name;
const { model: bytes, saved } = backwardGraph(model, network.facts, { output: logits, wrt: [layer] });
writeFileSync(to, bytes);
console.log(`${to}: ∂${logits}/∂${layer}; reads ${saved.join(', ') || 'no forward value'}`);
await network.close();
