import { backwardGraph } from '../../src/autodiff/backward.ts';
import type { CamError } from '../../src/errors.ts';
import { learnParts } from '../../src/network/probe.ts';
import { standsForReal } from '../../src/onnx/data-type.ts';
import { Emitter } from '../../src/onnx/emitter.ts';
import type { Model } from '../../src/onnx/model.ts';
import { readModel } from '../../src/onnx/read.ts';
import { tapped } from '../../src/onnx/tap.ts';
import { makeTensor } from '../../src/onnx/tensor.ts';
import { createSession, type Session } from '../../src/runtime/session.ts';
import { floatTensor, fromFloat, sizeOf, type Tensor } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { normal, uniform } from '../helpers/random.ts';
import type { Case, Input } from './case.ts';

const STEP = 0.005;
const DIRECTIONS = 4;
/** Default for `roundings` of a case. */
const ROUNDINGS = 16;

/** Five-point central difference: exact for polynomials up to degree 4, so the step can be wide. */
const STENCIL = [
  [-2, 1 / 12],
  [-1, -2 / 3],
  [1, 2 / 3],
  [2, -1 / 12],
] as const;

/**
 * Compares a rule with differences of the operator itself as onnxruntime-web runs it: for random cotangents u and
 * directions v, u·(f(x + hv) − f(x − hv))/2h must equal v·vjp(u).
 */
export async function checkVjp(given: Case): Promise<void> {
  const { model, feeds, outputs } = build(given);
  const wrt = Object.keys(feeds);
  const { model: graph, facts } = await learnParts(readModel(model), feeds, {});
  const { refuses } = given;
  if (refuses !== undefined) {
    const attempt = () => backwardGraph(graph, facts, { output: outputs[0], wrt });
    assert.throws(attempt, (e: CamError) => e.code === 'UNSUPPORTED_OPERATOR' && e.message.includes(refuses));
    return;
  }
  const forward = await createSession(model, { optimize: false });
  for (const index of given.check ?? outputs.keys()) {
    const output = outputs[index];
    const backward = backwardGraph(graph, facts, { output, wrt });
    const session = await createSession(backward.model);
    const size = sizeOf(facts.dims.get(output)!);
    const draw = normal(100 + index);
    const seed = Float32Array.from(
      { length: size },
      (_, i) => given.seed?.[i] ?? (given.expect ? 1 : draw()),
    );
    const saved = await values(
      graph,
      graph.graph.outputs.map(({ name }) => name),
      backward.saved,
      feeds,
    );
    const names = wrt.map((name) => backward.gradients.get(name)!);
    const gradients = await session.run(
      { ...saved, [backward.seed]: floatTensor(facts.dims.get(output)!, seed) },
      names,
    );
    for (const [position, name] of wrt.entries()) {
      const gradient = gradients[names[position]];
      assert.equal(gradient.dims, feeds[name].dims, `∂/∂${name} has the shape of ${name}`);
      const data = gradient.data as Float32Array;
      if (given.expect) {
        const expected = given.expect[position];
        if (expected)
          assert.ok(close(data, expected), `∂/∂${name} is ${[...data].join()}, not ${expected.join()}`);
      } else await compare(forward, feeds, name, output, seed, data, given);
    }
    await session.release();
  }
  await forward.release();
}

const close = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length &&
  Array.from(a).every((value, i) => Math.abs(value - b[i]) <= 1e-5 * (1 + Math.abs(b[i])));

async function compare(
  forward: Session,
  feeds: Readonly<Record<string, Tensor>>,
  name: string,
  output: string,
  seed: Float32Array,
  gradient: Float32Array,
  { roundings = ROUNDINGS, scale: unit = 1 }: Case,
) {
  const step = STEP * unit;
  const draw = normal(7);
  const at = feeds[name].data as Float32Array;
  for (let trial = 0; trial < DIRECTIONS; trial++) {
    const direction = Float64Array.from(at, () => Math.max(-2, Math.min(2, draw())));
    let difference = 0;
    let noise = 0;
    for (const [steps, weight] of STENCIL) {
      const moved = at.map((value, i) => value + steps * step * direction[i]);
      const { [output]: y } = await forward.run({ ...feeds, [name]: floatTensor(feeds[name].dims, moved) }, [
        output,
      ]);
      (y.data as Float32Array).forEach((value, i) => {
        difference += (weight * value * seed[i]) / step;
        noise += ((weight * value * seed[i]) / step) ** 2;
      });
    }
    let product = 0;
    let scale = 0;
    gradient.forEach((value, i) => {
      product += value * direction[i];
      scale += (value * direction[i]) ** 2;
    });
    const allowed = roundings * 2 ** -24 * Math.sqrt(noise) + 1e-5 * Math.sqrt(scale) + 1e-6;
    assert.ok(
      Math.abs(product - difference) <= allowed,
      `∂/∂${name}: the rule says ${product}, the difference ${difference} (±${allowed})`,
    );
  }
}

/** Values of the forward pass that the backward graph asks for. */
async function values(
  { bytes, added: nodes }: Model,
  ends: string[],
  saved: readonly string[],
  feeds: Record<string, Tensor>,
) {
  const fed = Object.fromEntries(saved.filter((name) => name in feeds).map((name) => [name, feeds[name]]));
  const inner = saved.filter((name) => !(name in feeds));
  if (inner.length === 0) return fed;
  const session = await createSession(
    tapped(bytes, { outputs: inner.filter((name) => !ends.includes(name)), nodes }),
    { optimize: false },
  );
  const results = await session.run(feeds, inner);
  await session.release();
  return { ...fed, ...results };
}

export interface Built {
  readonly model: Uint8Array;
  readonly feeds: Record<string, Tensor>;
  readonly outputs: readonly string[];
}

/** A model of the case's one node, and drawn values of the inputs that are not constant. */
export function build({
  op,
  inputs,
  attributes = {},
  outputs: count = 1,
  opset = 18,
  scale = 1,
}: Case): Built {
  const e = new Emitter('v');
  const feeds: Record<string, Tensor> = {};
  const names = inputs.map((input, index) => {
    if (input.absent) return '';
    const data = draw(input, index, scale);
    const type = input.type ?? 'float32';
    if (input.fixed || !standsForReal(type))
      return e.initializer(makeTensor(`c${index}`, type, input.dims, data));
    feeds[`x${index}`] = fromFloat(floatTensor(input.dims, Float32Array.from(data)), type);
    return e.input(`x${index}`, type, input.dims);
  });
  const outputs = e.op(op, names, attributes, count);
  // In the middle of a model, not at its end.
  const ends = outputs.map((name) => e.op('Identity', [name]));
  ends.forEach((name) => e.outputValue(name));
  const opsets = new Map([
    ['', opset],
    ['com.microsoft', 1],
  ]);
  return { model: e.bytes(opsets, 8), feeds, outputs: ends };
}

function draw({ dims, values = 'normal', avoid = [] }: Input, index: number, scale: number): number[] {
  if (typeof values !== 'string') return [...values];
  const size = sizeOf(dims);
  const [gauss, flat] = [normal(index + 1), uniform(index + 1)];
  if (values === 'distinct') {
    // Neighbors differ by more than any step, so that a maximum stays in place.
    const order = Array.from({ length: size }, (_, i) => i).sort(
      (a, b) => Math.sin(a * 12.9898) - Math.sin(b * 12.9898),
    );
    return order.map((rank) => (rank - size / 2) * 0.1);
  }
  const next = { normal: gauss, positive: () => 0.3 + 2 * flat(), unit: () => flat() * 1.6 - 0.8 }[values];
  return Array.from({ length: size }, () => {
    for (;;) {
      const value = next();
      if (avoid.every((kink) => Math.abs(value - kink) > 0.1)) return scale * value;
    }
  });
}
