import { backwardGraph, type BackwardRequest } from '../../src/autodiff/backward.ts';
import { learnParts } from '../../src/network/probe.ts';
import { readModel } from '../../src/onnx/read.ts';
import { tapped } from '../../src/onnx/tap.ts';
import { createSession } from '../../src/runtime/session.ts';
import { type FloatTensor, floatTensor, sizeOf, type Tensor, toFloat } from '../../src/runtime/tensor.ts';

export interface Differentiated {
  /** Gradients, and the values themselves, in the order of `wrt`. */
  readonly gradients: readonly FloatTensor[];
  readonly values: readonly FloatTensor[];
  /** Forward values that the backward graph was fed. */
  readonly saved: readonly string[];
}

/** Runs a network forward, and back from Σ seed·output to the values `wrt`. */
export async function differentiate(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
  request: BackwardRequest,
  seedOf: (dims: readonly number[]) => FloatTensor = ones,
): Promise<Differentiated> {
  const { model, facts } = await learnParts(readModel(bytes), feeds, {});
  const { output, wrt } = request;
  const backward = backwardGraph(model, facts, request);
  const ends = model.graph.outputs.map(({ name }) => name);
  const wanted = [...new Set([...wrt, ...backward.saved])].filter((name) => !(name in feeds));
  const forward = await createSession(
    tapped(bytes, { outputs: wanted.filter((name) => !ends.includes(name)), nodes: model.added }),
  );
  const values: Record<string, Tensor> = { ...feeds, ...(await forward.run(feeds, [...wanted, output])) };
  await forward.release();

  const session = await createSession(backward.model);
  const saved = Object.fromEntries(backward.saved.map((name) => [name, values[name]]));
  const names = wrt.map((name) => backward.gradients.get(name)!);
  const results = await session.run({ ...saved, [backward.seed]: seedOf(facts.dims.get(output)!) }, names);
  await session.release();
  return {
    gradients: names.map((name) => toFloat(results[name])),
    values: wrt.map((name) => toFloat(values[name])),
    saved: backward.saved,
  };
}

const ones = (dims: readonly number[]): FloatTensor =>
  floatTensor(dims, new Float32Array(sizeOf(dims)).fill(1));

/** ∂(score)/∂output of a class of a [1, C] or [1, C, H, W] output: 1 for the class, at every pixel. */
export const scoreOf =
  (target: number) =>
  (dims: readonly number[]): FloatTensor => {
    const pixels = sizeOf(dims.slice(2));
    const seed = new Float32Array(sizeOf(dims)).fill(1, target * pixels, (target + 1) * pixels);
    return floatTensor(dims, seed);
  };

/** The score of a class by a layer and by the input of a network that has one input. */
export function explained(
  bytes: Uint8Array,
  image: Tensor,
  layer: string,
  target: number,
): Promise<Differentiated> {
  const { inputs, outputs } = readModel(bytes).graph;
  const input = inputs[0].name;
  return differentiate(
    bytes,
    { [input]: image },
    { output: outputs[0].name, wrt: [layer, input] },
    scoreOf(target),
  );
}
