import { backwardGraph, takesGradient } from '../autodiff/backward.ts';
import { random } from '../methods/random.ts';
import type { BackwardPlan, Network, Values } from '../network/network.ts';
import { gradientPath } from '../network/reach.ts';
import type { DataType } from '../onnx/data-type.ts';
import { Emitter } from '../onnx/emitter.ts';
import { needsOf } from '../onnx/flow.ts';
import type { GraphNode, Model } from '../onnx/model.ts';
import { readModel } from '../onnx/read.ts';
import { copyNodes } from '../onnx/slice.ts';
import { OPERATORS } from '../operators/index.ts';
import { type Session, type SessionOptions, withSession } from '../runtime/session.ts';
import { type FloatTensor, floatTensor, fromFloat, namedTensor, toFloat } from '../runtime/tensor.ts';
import { ownValue } from '../table.ts';
import { dot } from '../targets/similarity.ts';
import type { VerifyOptions } from '../types.ts';
import { checkSignal } from './call.ts';
import { compareDirection } from './directional.ts';
import { feedsFor, type ForwardPass } from './forward.ts';
import {
  asLongAs,
  asStored,
  changeOf,
  euclideanLength,
  isQuantized,
  movedAlong,
  precisionOf,
} from './precision.ts';
import type { GradientCheck } from './verify.ts';

/**
 * Checks every operator on the path of the gradient by itself, near the values that it has in the model: its rule against
 * differences of u·f(x + hv), for a random cotangent u of its output and a random direction v of its real inputs.
 */
export async function checkOperators(
  pass: ForwardPass,
  session: SessionOptions,
  { seed = 0, signal }: Pick<VerifyOptions, 'seed' | 'signal'>,
): Promise<GradientCheck[]> {
  const { network, plan, input } = pass;
  const { reached, blocked } = gradientPath(network, plan.input, plan.explained);
  const alone = network.flow
    .upstream([plan.explained])
    .filter(({ op }) => OPERATORS.get(op)?.vjp)
    .flatMap((node) => {
      const output = node.outputs.find((name) => reached.has(name) && !blocked.has(name));
      const wrt = [
        ...new Set(
          node.inputs.filter((name, i) => reached.has(name) && takesGradient(node, i, network.facts)),
        ),
      ];
      return output === undefined || wrt.length === 0 ? [] : [{ node, output, wrt }];
    });
  const names = new Set(alone.flatMap(({ node }) => [...needsOf(node), ...node.outputs]));
  const values = await network.forward(
    feedsFor(pass, input.tensor),
    [...names].filter((name) => name !== '' && network.facts.dims.has(name) && isComputed(network, name)),
  );
  const checks: GradientCheck[] = [];
  for (const [index, one] of alone.entries()) {
    checkSignal(signal);
    checks.push(
      await checkNode(network, one, values, session, random(seed, 'verify operators', index).normal),
    );
  }
  return checks;
}

const isComputed = ({ model, flow }: Network, name: string): boolean =>
  flow.producer(name) !== undefined || model.graph.inputs.some((input) => input.name === name);

/** A node, one of its outputs, and the inputs with a gradient. */
interface LoneNode {
  readonly node: GraphNode;
  readonly output: string;
  readonly wrt: readonly string[];
}

async function checkNode(
  network: Network,
  alone: LoneNode,
  values: Values,
  options: SessionOptions,
  draw: () => number,
): Promise<GradientCheck> {
  const { facts } = network;
  const model = modelOf(network.model, facts, alone.node);
  const { model: bytes, ...graph } = backwardGraph(model, facts, alone);
  return withSession(model.bytes, { ...options, optimize: false }, (forward) =>
    withSession(bytes, options, (backward) =>
      compareNode(network, { ...alone, graph, forward, backward }, values, draw),
    ),
  );
}

interface RunnableNode extends LoneNode {
  readonly graph: BackwardPlan;
  readonly forward: Session;
  readonly backward: Session;
}

async function compareNode(
  network: Network,
  { node, output, wrt, graph, forward, backward }: RunnableNode,
  values: Values,
  draw: () => number,
): Promise<GradientCheck> {
  const { facts } = network;
  const points = new Map(
    wrt.map((name) => [name, movedOff(toFloat(namedTensor(values, name)), facts.types.get(name), draw)]),
  );
  const given = Object.fromEntries(forward.inputs.map(({ name }) => [name, namedTensor(values, name)]));
  const inputs = {
    ...given,
    ...Object.fromEntries(
      [...points].map(([name, point]) => [name, fromFloat(point, facts.types.get(name)!)]),
    ),
  };
  const outputs = await forward.run(
    inputs,
    forward.outputs.map(({ name }) => name),
  );
  const known = { ...values, ...inputs, ...outputs };
  const before = toFloat(namedTensor(outputs, output));
  const u = before.data.map(draw);
  const directions = new Map([...points].map(([name, { data }]) => [name, asLongAs(data.map(draw), data)]));
  const saved = Object.fromEntries(
    backward.inputs.flatMap(({ name }) => {
      const value = ownValue(known, name);
      return value ? [[name, value] as const] : [];
    }),
  );
  const results = await backward.run({ ...saved, [graph.seed]: floatTensor(before.dims, u) }, [
    ...graph.gradients.values(),
  ]);
  const gradients = new Map(
    wrt.map((name) => [name, toFloat(namedTensor(results, graph.gradients.get(name)!)).data]),
  );
  const found = await compareDirection(
    async (step) => {
      const moved = new Map(
        [...points].map(([name, { dims, data }]) => {
          const at = floatTensor(dims, movedAlong(data, directions.get(name)!, step));
          return [name, fromFloat(at, facts.types.get(name)!)] as const;
        }),
      );
      const { [output]: y } = await forward.run({ ...inputs, ...Object.fromEntries(moved) }, [output]);
      const changes = [...moved].map(([name, tensor]) =>
        changeOf(gradients.get(name)!, points.get(name)!.data, toFloat(tensor).data),
      );
      return { value: dot(u, toFloat(y).data), change: changes.reduce((a, b) => a + b, 0) };
    },
    {
      predicted: wrt.reduce((sum, name) => sum + dot(gradients.get(name)!, directions.get(name)!), 0),
      precision: precisionOf(network),
      exempt: isQuantized(network, [...wrt, output]) ? 'estimate' : undefined,
      scale: Math.hypot(
        ...wrt.map((name) => euclideanLength(gradients.get(name)!) * euclideanLength(directions.get(name)!)),
      ),
    },
  );
  return { at: 'operator', name: `${node.op} ${output}`, direction: 'random', ...found };
}

/** How far a point is moved, as a share of its length. */
const OFFSET = 0.1;

/** A point near another: many activations are exactly at a kink, such as the zeros behind a ReLU. */
export function movedOff(point: FloatTensor, type: DataType | undefined, draw: () => number): FloatTensor {
  const { dims, data } = point;
  return floatTensor(dims, asStored(movedAlong(data, asLongAs(data.map(draw), data), OFFSET), type));
}

/** One node as a model, with the values that it reads as inputs. */
function modelOf(
  { graph, opsets, irVersion, external }: Model,
  facts: Network['facts'],
  node: GraphNode,
): Model {
  const e = new Emitter();
  for (const name of needsOf(node).filter((one) => !graph.initializers.has(one)))
    e.input(name, facts.types.get(name) ?? 'float32', facts.dims.get(name) ?? []);
  copyNodes(e, graph, [node]);
  for (const name of node.outputs) if (name) e.outputValue(name);
  return { ...readModel(e.bytes(opsets, irVersion)), external };
}
