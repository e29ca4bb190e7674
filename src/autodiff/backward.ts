import { CamError } from '../errors.ts';
import { isFloat } from '../onnx/data-type.ts';
import { Emitter, type Ref } from '../onnx/emitter.ts';
import type { Facts } from '../onnx/facts.ts';
import { flowOf, needsOf, type Flow } from '../onnx/flow.ts';
import type { Model, Node } from '../onnx/model.ts';
import { contextOf, forwardValues, opsetOf, zeros, type Forward } from './context.ts';
import { NoGradientError, whyNoRule } from '../operators/no-gradient.ts';
import type { Cotangent, Rule } from '../operators/rule.ts';
import { RULES, ZERO_GRADIENT } from '../operators/index.ts';
import { unbroadcast } from './unbroadcast.ts';

export interface BackwardRequest {
  /** The value to differentiate. */
  readonly output: string;
  /** The values to differentiate by. */
  readonly wrt: readonly string[];
  /** Rules that replace those of the table: guided backpropagation, deconvnet. */
  readonly rules?: Readonly<Record<string, Rule>>;
}

/** A graph that turns a cotangent of the output, and what the rules saved, into gradients. */
export interface BackwardGraph {
  readonly model: Uint8Array;
  /** Input that takes ∂s/∂output, float32 in the output's shape. */
  readonly seed: string;
  /** Forward values that it takes besides, under their own names. */
  readonly saved: readonly string[];
  /** Those whose contents it was built for: it holds for no others. */
  readonly fixed: ReadonlyMap<string, readonly number[]>;
  /** For each value in `wrt`: the output that carries ∂s/∂value, float32 in the value's shape. */
  readonly gradients: ReadonlyMap<string, string>;
}

/**
 * Walks the graph from `output` back to `wrt` and emits the rule of every node on the way (reverse-mode
 * differentiation; Griewank & Walther 2008, ch. 3). Nodes off the path are not looked at.
 * @throws CamError UNSUPPORTED_OPERATOR for a node on the path without a rule; UNKNOWN_LAYER when no path exists.
 */
export function backwardGraph(model: Model, facts: Facts, request: BackwardRequest): BackwardGraph {
  const { output, wrt, rules = {} } = request;
  const e = new Emitter();
  const flow = flowOf(model.graph);
  const forward = forwardValues(model, facts, e, flow);
  const seed = e.input('camwasm:seed', 'float32', forward.dims(output));
  const tape = new Map<string, Ref[]>([[output, [seed]]]);
  const cotangent = (name: string): Ref | undefined => {
    const parts = tape.get(name);
    if (!parts || parts.length === 0) return undefined;
    const sum = parts.reduce((a, b) => e.add(a, b));
    tape.set(name, [sum]);
    return sum;
  };
  const active = flow.downstream(wrt, (node) => isFlat(node, facts));
  for (const node of pathOf(flow, output, wrt, active).toReversed()) {
    const cotangents = node.outputs.map((name) => (name ? cotangent(name) : undefined));
    if (isFlat(node, facts) || cotangents.every((g) => g === undefined)) continue;
    const wanted = node.inputs.map((name) => active.has(name) && facts.types.get(name) !== 'int64');
    const rule = rules[node.op] ?? RULES[node.op] ?? missing(model, node);
    const results = rule.vjp(contextOf(model, node, forward, e, { cotangents, wanted, rules }));
    const list = (Array.isArray(results) ? results : [results]) as readonly Cotangent[];
    list.forEach((result, index) => {
      const name = node.inputs[index];
      if (!result || !wanted[index]) return;
      const whole = rule.broadcast
        ? unbroadcast(e, result, forward.dims(node.outputs[0]), forward.dims(name))
        : result;
      tape.set(name, [...(tape.get(name) ?? []), whole]);
    });
  }
  return finish(e, forward, wrt, (name) => cotangent(name) ?? zeros(e, forward.dims(name)));
}

/** Does nothing flow back through the node, whatever comes out of it? */
export const isFlat = (node: Node, facts: Facts): boolean =>
  ZERO_GRADIENT.has(node.op) || counts(node, facts);

/** Does a cast leave the real numbers? Nothing flows back through it, nor through the arithmetic behind it. */
const counts = ({ op, inputs, outputs }: Node, { types }: Facts): boolean =>
  (op === 'Cast' || op === 'CastLike') &&
  isFloat(types.get(inputs[0]) ?? 'float32') &&
  !isFloat(types.get(outputs[0]) ?? 'float32');

function finish(
  e: Emitter,
  forward: Forward,
  wrt: readonly string[],
  gradient: (name: string) => Ref,
): BackwardGraph {
  const gradients = new Map(wrt.map((name) => [name, `∂/∂${name}`]));
  for (const [name, to] of gradients) e.output(gradient(name), to);
  const { saved, fixed } = forward;
  return { model: e.bytes(), seed: 'camwasm:seed', saved: [...saved], fixed, gradients };
}

/** Nodes between `wrt` and `output`, in running order. */
export function pathOf(
  flow: Flow,
  output: string,
  wrt: readonly string[],
  active: ReadonlySet<string>,
): Node[] {
  const stray = wrt.find((name) => name !== output && !flow.downstream([name]).has(output));
  if (stray !== undefined) {
    throw new CamError(
      'UNKNOWN_LAYER',
      `The output "${output}" does not depend on "${stray}". Choose a layer before it.`,
    );
  }
  return flow.upstream([output]).filter((node) => needsOf(node).some((name) => active.has(name)));
}

/** Why a node without a rule stops a gradient. */
export const noRule = (model: Model, node: Node): NoGradientError =>
  new NoGradientError(node, opsetOf(model, node), whyNoRule(node, model.functions.has(node.op)));

function missing(model: Model, node: Node): never {
  throw noRule(model, node);
}
