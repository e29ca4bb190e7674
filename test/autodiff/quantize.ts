import { isFloat } from '../../src/onnx/data-type.ts';
import { type AttributeValue, Emitter, type Ref } from '../../src/onnx/emitter.ts';
import { type GraphNode, isInitializer } from '../../src/onnx/model.ts';
import { readModel } from '../../src/onnx/read.ts';
import { tapped } from '../../src/onnx/tap.ts';
import { makeTensor, tensorValues } from '../../src/onnx/tensor.ts';
import { createSession } from '../../src/runtime/session.ts';
import { type FloatTensor, floatTensor, fromFloat, toFloat } from '../../src/runtime/tensor.ts';
import { rewired } from './rewrite.ts';

/** scale·(q − zero) */
interface Parameters {
  readonly scale: number;
  readonly zero: number;
}

/**
 * Static quantization as in onnxruntime's tools: activations as uint8 with one scale per tensor, from their range for
 * one input; kernels as int8 with one scale per output channel. Either with QuantizeLinear and
 * DequantizeLinear around float operators, or with QLinearConv in the convolutions' place.
 */
export async function quantized(
  bytes: Uint8Array,
  input: FloatTensor,
  form: 'qdq' | 'qoperator',
): Promise<Uint8Array> {
  const { graph, opsets } = readModel(bytes);
  const convolutions = graph.nodes.filter(({ op }) => op === 'Conv');
  const ranges = await calibrate(
    bytes,
    input,
    convolutions.flatMap(({ inputs, outputs }) => [inputs[0], outputs[0]]),
  );
  const e = new Emitter('q');
  for (const { name, dims } of graph.inputs) e.input(name, 'float32', dims!);
  for (const [name, tensor] of graph.initializers) e.initializer(tensor, name);
  const number = (
    type: 'uint8' | 'int8' | 'int32',
    values: readonly number[],
    dims: readonly number[] = [],
  ) => e.initializer(makeTensor(`constant${count++}`, type, dims, values));
  let count = 0;
  for (const node of graph.nodes) {
    if (node.op !== 'Conv') {
      e.copyNode(node.proto);
      continue;
    }
    const [x, weights, bias] = node.inputs;
    const kernel = graph.initializers.get(weights)!;
    const channels = kernel.dims[0];
    const slabs = rows(tensorValues(kernel), channels);
    const scales = slabs.map((slab) => slab.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-9) / 127);
    const w = number(
      'int8',
      slabs.flatMap((slab, m) => slab.map((v) => Math.round(v / scales[m]))),
      kernel.dims,
    );
    const steps = e.constant('float32', [channels], scales);
    const none = number('int8', scales.map(() => 0), [channels]); // prettier-ignore
    const from = ranges.get(x)!;
    const fromRefs: [Ref, Ref] = [e.scalar(from.scale), number('uint8', [from.zero])];
    const q = e.op('QuantizeLinear', [x, ...fromRefs]);
    if (form === 'qdq') {
      const real = e.op('DequantizeLinear', [q, ...fromRefs]);
      const kernelRef = e.op('DequantizeLinear', [w, steps, none], { axis: 0 });
      e.copyNode(rewired(node, [real, kernelRef, ...(bias ? [bias] : [])], node.outputs));
      continue;
    }
    const to = ranges.get(node.outputs[0])!;
    const toRefs: [Ref, Ref] = [e.scalar(to.scale), number('uint8', [to.zero])];
    const biases = bias
      ? [number('int32', tensorValues(graph.initializers.get(bias)!).map((b, m) => Math.round(b / (from.scale * scales[m]))), [channels])] // prettier-ignore
      : [];
    const y = e.op('QLinearConv', [q, ...fromRefs, w, steps, none, ...toRefs, ...biases], attributesOf(node));
    e.alias(e.op('DequantizeLinear', [y, ...toRefs]), node.outputs[0]);
  }
  graph.outputs.forEach(({ name }) => e.outputValue(name));
  return e.bytes(opsets, 8);
}

const rows = (values: readonly number[], count: number): number[][] =>
  Array.from({ length: count }, (_, m) =>
    values.slice((m * values.length) / count, ((m + 1) * values.length) / count),
  );

const attributesOf = ({ attributes }: GraphNode): Record<string, AttributeValue> =>
  Object.fromEntries([...attributes].map(([name, value]) => [name, value as AttributeValue]));

/** Ranges of values, 0 among them, as uint8 parameters. */
async function calibrate(
  bytes: Uint8Array,
  input: FloatTensor,
  names: readonly string[],
): Promise<Map<string, Parameters>> {
  const { graph } = readModel(bytes);
  const image = graph.inputs[0].name;
  const wanted = [...new Set(names)].filter((name) => name !== image);
  const session = await createSession(tapped(bytes, { outputs: wanted }));
  const values = { ...(await session.run({ [image]: input }, wanted)), [image]: input };
  await session.release();
  return new Map(
    Object.entries(values).map(([name, tensor]) => {
      const [low, high] = toFloat(tensor).data.reduce(
        ([a, b], v) => [Math.min(a, v), Math.max(b, v)],
        [0, 0],
      );
      const scale = (high - low) / 255 || 1;
      return [name, { scale, zero: Math.round(-low / scale) }];
    }),
  );
}

/** The whole graph in half precision, with casts at its ends. */
export function halved(bytes: Uint8Array): Uint8Array {
  const { graph, opsets, irVersion } = readModel(bytes);
  const e = new Emitter('h');
  const ends = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name));
  const inner = (name: string) => (ends.has(name) ? `${name}:half` : name);
  for (const { name, dims } of graph.inputs) {
    e.alias(e.cast(e.input(name, 'float32', dims!), 'float16'), inner(name));
  }
  for (const [name, tensor] of graph.initializers) {
    if (!isFloat(tensor.type)) e.initializer(tensor, name);
    else {
      const values = floatTensor(tensor.dims, Float32Array.from(tensorValues(tensor)));
      e.initializer(
        makeTensor(name, 'float16', tensor.dims, fromFloat(values, 'float16').data as Uint16Array),
      );
    }
  }
  for (const node of graph.nodes) {
    if ([...node.attributes.values()].some(isInitializer)) throw new Error(`${node.op} holds a tensor`);
    e.copyNode(rewired(node, node.inputs.map(inner), node.outputs.map(inner)));
  }
  for (const { name } of graph.outputs) e.output(e.cast(inner(name), 'float32'), name);
  return e.bytes(opsets, irVersion);
}
