import { CamError } from '../errors.ts';
import { isFloat } from '../onnx/data-type.ts';
import { Emitter, type Ref } from '../onnx/emitter.ts';
import { type Flow, flowOf, needsOf } from '../onnx/flow.ts';
import { type Facts, type GraphNode, type Model, opsetOf } from '../onnx/model.ts';
import { OPERATORS } from '../operators/index.ts';
import { NO_RULE, NoGradientError } from '../operators/no-gradient.ts';
import { contextOf, type Forward, forwardValues, nodeViewOf, valueFacts } from './context.ts';
import { RECTIFIERS, type RuleSet } from './rectifier.ts';

export interface BackwardRequest {
  readonly output: string;
  readonly wrt: readonly string[];
  /** Rules that override the table: guided backpropagation, deconvnet. */
  readonly rules?: RuleSet;
}

/** Computes gradients from a cotangent of the output and saved forward values. */
export interface BackwardGraph {
  readonly model: Uint8Array;
  /** Input for ∂s/∂output, float32 in the output's shape. */
  readonly seed: string;
  /** The other inputs: forward values, under their names in the model. */
  readonly saved: readonly string[];
  /** Forward values built into the graph as constants: the graph is valid only for these contents. */
  readonly fixed: ReadonlyMap<string, readonly number[]>;
  /** For each value in `wrt`: the output with ∂s/∂value, float32 in the value's shape. */
  readonly gradients: ReadonlyMap<string, string>;
}

/**
 * Walks the graph from `output` back to `wrt` and emits the rule of every node on the way (reverse-mode
 * differentiation; Griewank & Walther 2008, ch. 3). Ignores nodes off the path.
 * @throws {CamError} UNSUPPORTED_OPERATOR for a node on the path without a gradient.
 * @throws {CamError} UNKNOWN_LAYER when no path exists.
 */
export function backwardGraph(model: Model, facts: Facts, request: BackwardRequest): BackwardGraph {
  const { output, wrt, rules = RECTIFIERS.plain } = request;
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
  for (const node of nodesBetween(flow, output, wrt, active).toReversed()) {
    const cotangents = node.outputs.map((name) => (name ? cotangent(name) : undefined));
    if (isFlat(node, facts) || cotangents.every((g) => g === undefined)) continue;
    // Some kernels refuse tensors without elements, such as the masks that a detector without masks gathers.
    const isEmpty = (name: string) => facts.dims.get(name)?.includes(0) ?? false;
    if (node.outputs.every(isEmpty)) continue;
    const wanted = node.inputs.map(
      (name, index) => active.has(name) && takesGradient(node, index, facts) && !isEmpty(name),
    );
    const row = OPERATORS.get(node.op);
    const vjp = rules.get(node.op) ?? row?.vjp;
    if (!vjp) throw noRule(model, facts, node);
    const results = [
      vjp(contextOf(model, node, forward, e, { cotangents, wanted, isEnd: node.outputs[0] === output })),
    ].flat();
    results.forEach((result, index) => {
      const name = node.inputs[index];
      if (!result || !wanted[index]) return;
      const whole = row?.broadcast
        ? e.sumTo(result, forward.dims(node.outputs[0]), forward.dims(name))
        : result;
      tape.set(name, [...(tape.get(name) ?? []), whole]);
    });
  }
  return finish(e, forward, wrt, (name) => cotangent(name) ?? e.zeros(forward.dims(name)));
}

/** Whether a node with a gradient has one with respect to an input. */
export const takesGradient = ({ op, inputs }: GraphNode, index: number, { types }: Facts): boolean =>
  types.get(inputs[index]) !== 'int64' && !OPERATORS.get(op)?.detached?.includes(index);

/** Whether the gradient of the node is always zero. */
export function isFlat({ op, inputs, outputs }: GraphNode, { types }: Facts): boolean {
  const row = OPERATORS.get(op);
  if (row?.zeroGradient) return true;
  // A cast to integers has zero gradient, and so does the arithmetic after it.
  const leavesReals =
    isFloat(types.get(inputs[0]) ?? 'float32') && !isFloat(types.get(outputs[0]) ?? 'float32');
  return row?.casts === true && leavesReals;
}

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
function nodesBetween(
  flow: Flow,
  output: string,
  wrt: readonly string[],
  active: ReadonlySet<string>,
): GraphNode[] {
  const stray = wrt.find((name) => name !== output && !flow.downstream([name]).has(output));
  if (stray !== undefined) {
    throw new CamError(
      'UNKNOWN_LAYER',
      `The output "${output}" does not depend on "${stray}". Choose a layer before it.`,
    );
  }
  return flow.upstream([output]).filter((node) => needsOf(node).some((name) => active.has(name)));
}

/** Why a node without a rule has no gradient. */
export function noRule(model: Model, facts: Facts, node: GraphNode): NoGradientError {
  const row = OPERATORS.get(node.op);
  const obstacle = row?.parts?.(nodeViewOf(model, node, valueFacts(model, facts)));
  const why = model.functions.has(node.op) ? 'it is a function of the model' : NO_RULE;
  return new NoGradientError(
    node,
    opsetOf(model, node),
    typeof obstacle === 'string' ? obstacle : (row?.barrier ?? why),
  );
}

/** Values, other than initializers, whose contents the rules need to build a graph. */
export const readsOf = ({ graph }: Model): string[] =>
  graph.nodes
    .flatMap(({ op, inputs }) => (OPERATORS.get(op)?.reads ?? []).map((position) => inputs[position]))
    .filter((name) => Boolean(name) && !graph.initializers.has(name));
