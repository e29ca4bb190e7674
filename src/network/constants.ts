import { Emitter, type Ref } from '../onnx/emitter.ts';
import { flowOf, needsOf, varyingValues } from '../onnx/flow.ts';
import type { Facts, Model } from '../onnx/model.ts';
import { copyNodes } from '../onnx/slice.ts';
import { halfToFloat } from '../onnx/tensor.ts';
import { OPERATORS } from '../operators/index.ts';
import { type SessionOptions, withSession } from '../runtime/session.ts';
import { namedTensor, sizeOf, type Tensor } from '../runtime/tensor.ts';

/** Longest constant vector whose contents are kept. */
const LONGEST = 65536;

/**
 * Vectors that the model computes from initializers alone, where they meet values that vary: biases, scales, shifts.
 * Larger constants stay nodes, so that the memory is bounded whatever the model.
 */
export async function constantVectors(
  model: Model,
  { dims, types }: Pick<Facts, 'dims' | 'types'>,
  options: SessionOptions,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const flow = flowOf(model.graph);
  const varying = varyingValues(model.graph, flow);
  const met = new Set(
    model.graph.nodes.filter(({ outputs }) => outputs.some((name) => varying.has(name))).flatMap(needsOf),
  );
  const isVector = (name: string) => {
    const shape = dims.get(name);
    return shape !== undefined && sizeOf(shape) === Math.max(1, ...shape) && sizeOf(shape) <= LONGEST;
  };
  const names = [...met].filter(
    (name) => !varying.has(name) && flow.producer(name) && isVector(name) && types.get(name) !== 'string',
  );
  const settled = names.filter((name) => flow.upstream([name]).every(({ op }) => !OPERATORS.get(op)?.random));
  const vectors = await computeConstants(model, settled, options);
  return new Map([...vectors].map(([name, tensor]) => [name, numbersOf(tensor)]));
}

/** The elements of a small tensor. */
export const numbersOf = ({ type, data }: Tensor): number[] => {
  const list = Array.from(data as ArrayLike<number | bigint>, Number);
  return type === 'float16' ? list.map(halfToFloat) : list;
};

/** Runs the part of the model that computes `names` from initializers; `read` may reduce each to a part of it. */
export async function computeConstants(
  model: Model,
  names: readonly string[],
  options: SessionOptions,
  read: (e: Emitter, name: Ref) => Ref = (_, name) => name,
): Promise<ReadonlyMap<string, Tensor>> {
  if (names.length === 0) return new Map();
  const { graph, opsets, irVersion } = model;
  const nodes = flowOf(graph).upstream(names);
  const e = new Emitter('camwasm:');
  copyNodes(e, graph, nodes, names);
  const results = names.map((name) => read(e, name));
  results.forEach((ref, index) => e.output(ref, outputName(index)));
  const outputs = names.map((_, index) => outputName(index));
  const found = await withSession(e.bytes(opsets, irVersion), { ...options, optimize: false }, (session) =>
    session.run({}, outputs),
  );
  return new Map(names.map((name, index) => [name, namedTensor(found, outputs[index])]));
}

const outputName = (index: number): string => `camwasm:constant${index}`;
