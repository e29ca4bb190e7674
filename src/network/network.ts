import { type BackwardGraph, backwardGraph } from '../autodiff/backward.ts';
import { nodeViewOf, valueFacts } from '../autodiff/context.ts';
import { FROZEN, frozenValue } from '../autodiff/frozen.ts';
import { RECTIFIERS, RELU_RECTIFIERS, type RuleSet } from '../autodiff/rectifier.ts';
import { type StepSize, stepSizeOf } from '../autodiff/step-size.ts';
import { CamError } from '../errors.ts';
import { type DataType, isFloat } from '../onnx/data-type.ts';
import type { Emitter, Ref } from '../onnx/emitter.ts';
import { type Flow, flowOf, movingValues, varyingValues } from '../onnx/flow.ts';
import type { Facts, GraphNode, Model } from '../onnx/model.ts';
import { type Slice, slice } from '../onnx/slice.ts';
import { tapped, withOutputs } from '../onnx/tap.ts';
import { OPERATORS } from '../operators/index.ts';
import { createSession, type Session, type SessionOptions } from '../runtime/session.ts';
import {
  type FloatTensor,
  floatTensor,
  fromFloat,
  namedTensor,
  type Tensor,
  toFloat,
} from '../runtime/tensor.ts';
import { computeConstants } from './constants.ts';
import { plainGraph } from './plain-graph.ts';
import { learnParts } from './probe.ts';

export type Values = Readonly<Record<string, Tensor>>;

/** A gradient computation: ∂output/∂wrt, with a rule for rectifiers. */
export interface GradientPlan {
  readonly output: string;
  readonly wrt: readonly string[];
  readonly rectifier: keyof typeof RULE_SETS;
}

/** Names of an operand and its parameters. */
export interface NamedOperand {
  readonly data: string;
  readonly scale?: string;
  readonly zero?: string;
}

/** Rules that override the table. */
const RULE_SETS: Readonly<
  Record<keyof typeof RECTIFIERS | keyof typeof RELU_RECTIFIERS | 'frozen', RuleSet>
> = {
  ...RECTIFIERS,
  ...RELU_RECTIFIERS,
  frozen: FROZEN,
};

/** A backward graph without its model. */
export type BackwardPlan = Omit<BackwardGraph, 'model'>;

interface Planned {
  readonly graph: BackwardPlan;
  /** Undefined once the session exists. */
  model: Uint8Array | undefined;
  session: Session | undefined;
}

/**
 * A model at one input size, ready to run forward and backward. Holds one forward session and one per gradient plan.
 */
export class Network {
  readonly model: Model;
  readonly facts: Facts;
  /** The plain graph: quantized operators stand as what they approximate. */
  readonly flow: Flow;
  /** Values that depend on the inputs; all others are constants. */
  readonly varying: ReadonlySet<string>;
  /** Whether shapes and slices are the same for every image of this size. */
  readonly settled: boolean;
  /** Number of runs per kind of graph: the cost of a call. */
  readonly runs: { forward: number; backward: number; head: number } = { forward: 0, backward: 0, head: 0 };
  /** The graph as it runs. */
  readonly #nodes: Flow;
  readonly #options: SessionOptions;
  readonly #heads = new Map<string, Slice>();
  readonly #headSessions = new Map<string, Session>();
  readonly #plans = new Map<string, Planned>();
  readonly #results = new Map<string, unknown>();
  #forward: { session: Session; taps: ReadonlySet<string> } | undefined;

  private constructor(model: Model, facts: Facts, options: SessionOptions) {
    this.model = model;
    this.facts = facts;
    this.flow = flowOf(plainGraph(model, facts));
    this.#nodes = flowOf(model.graph);
    this.varying = varyingValues(model.graph, this.#nodes);
    const moving = movingValues(model.graph, this.#nodes);
    const reads = [...facts.values.keys()].some((name) => moving.has(name));
    const sizes = model.graph.nodes.some(
      ({ op, inputs }) => OPERATORS.get(op)?.sizedByContents && inputs.some((name) => moving.has(name)),
    );
    this.settled = !reads && !sizes;
    this.#options = options;
  }

  /** Learns the shapes of all values for `feeds`: from the operators' rules, or by running the model once. */
  static async open(file: Model, feeds: Values, options: SessionOptions): Promise<Network> {
    const { model, facts } = await learnParts(file, feeds, options);
    return new Network(model, facts, options);
  }

  /** Computes and caches a result that depends on the graph alone. */
  once<Result>(question: readonly unknown[], work: () => Result): Result {
    const key = JSON.stringify(question);
    if (!this.#results.has(key)) this.#results.set(key, work());
    return this.#results.get(key) as Result;
  }

  /** Whether a value holds real numbers, or quantized ones whose step size is known. */
  readonly isReal = (name: string): boolean =>
    isFloat(this.facts.types.get(name)) || this.#stepSize(name) !== undefined;

  /** A value as real numbers: what quantized ones stand for. */
  real(values: Values, name: string): FloatTensor {
    const tensor = toFloat(namedTensor(values, name));
    const step = this.#stepSize(name);
    return step
      ? floatTensor(
          tensor.dims,
          tensor.data.map((q) => step.scale * (q - step.zero)),
        )
      : tensor;
  }

  /** The inverse of `real`: numbers as the model stores a value. */
  stored(name: string, { dims, data }: FloatTensor, type: DataType): Tensor {
    const step = this.#stepSize(name);
    const numbers = step ? data.map((x) => Math.round(x / step.scale) + step.zero) : data;
    return fromFloat(floatTensor(dims, numbers), type);
  }

  #stepSize(name: string): StepSize | undefined {
    return this.once(['step size', name], () => stepSizeOf(this.model, this.facts, this.#nodes, name));
  }

  /** The operands of a node of the plain graph: names of the data, and of its scale and zero point if quantized. */
  operandsOf(node: GraphNode): readonly NamedOperand[] {
    const made = this.#nodes.producer(node.outputs[0]);
    const form = made && OPERATORS.get(made.op)?.plain;
    if (!form) return node.inputs.map((data) => ({ data }));
    const name = (at: number | undefined) => (at === undefined ? undefined : made.inputs[at]);
    return form
      .operands(nodeViewOf(this.model, made, valueFacts(this.model, this.facts)))
      .map(({ data, scale, zero }) => ({ data: made.inputs[data], scale: name(scale), zero: name(zero) }));
  }

  /** Contents of a constant, or of the part of it that `read` selects. */
  constant(name: string, read?: (e: Emitter, value: Ref) => Ref): Promise<FloatTensor> {
    return computeConstants(this.model, [name], this.#options, read).then((found) =>
      toFloat(found.get(name)!),
    );
  }

  /**
   * The backward graph of a plan; `saved` lists the forward values it needs.
   * @throws {CamError} UNSUPPORTED_OPERATOR when a node on the path has no gradient.
   */
  plan(plan: GradientPlan): BackwardPlan {
    return this.#entry(plan).graph;
  }

  /** Makes `values` outputs of the forward session, which is recreated if one of them is new. */
  async tap(values: Iterable<string>): Promise<Session> {
    const made = [...values].filter((name) => this.flow.producer(name) !== undefined);
    const current = this.#forward;
    if (current && made.every((name) => current.taps.has(name))) return current.session;
    const ends = this.model.graph.outputs.map(({ name }) => name);
    const taps = new Set([...(current?.taps ?? ends), ...made]);
    await current?.session.release();
    this.#forward = undefined;
    const outputs = [...taps].filter((name) => !ends.includes(name));
    const session = await withOutputs(this.model, { outputs }, (bytes) =>
      createSession(bytes, this.#options),
    );
    this.#forward = { session, taps };
    return session;
  }

  /** Runs the model and returns the named values; inputs among them are returned unchanged. */
  async forward(feeds: Values, values: Iterable<string>): Promise<Values> {
    const wanted = [...new Set(values)];
    const [fed, computed] = [true, false].map((isFed) =>
      wanted.filter((name) => Object.hasOwn(feeds, name) === isFed),
    );
    const inputs = Object.fromEntries(fed.map((name) => [name, namedTensor(feeds, name)]));
    if (computed.length === 0) return inputs;
    const session = await this.tap(wanted);
    this.runs.forward++;
    return { ...(await session.run(feeds, computed)), ...inputs };
  }

  /**
   * Gradients of Σ seed·output, by value name; for quantized values, of the numbers that they stand for.
   * @param values forward values, including those the plan saves.
   * @param before original forward values, for frozen rules.
   * @throws {CamError} UNSUPPORTED_MODEL when the graph was built for other contents of a value.
   */
  async backward(
    plan: GradientPlan,
    seed: Float32Array,
    values: Values,
    before: Values = values,
  ): Promise<ReadonlyMap<string, FloatTensor>> {
    const entry = this.#entry(plan);
    const { graph } = entry;
    checkFixed(graph, values);
    const session = (entry.session ??= await createSession(entry.model!, this.#options));
    entry.model = undefined; // the runtime has its own copy of the weights
    const dims = this.facts.dims.get(plan.output)!;
    const steps = this.#stepSize(plan.output)?.scale ?? 1;
    const cotangent = floatTensor(dims, steps === 1 ? seed : seed.map((value) => value * steps));
    const feeds = Object.fromEntries(
      session.inputs.map(({ name }) => {
        const kept = frozenValue(name);
        const value = () => (kept === undefined ? namedTensor(values, name) : namedTensor(before, kept));
        return [name, name === graph.seed ? cotangent : value()];
      }),
    );
    this.runs.backward++;
    const results = await session.run(feeds, [...graph.gradients.values()]);
    return new Map(
      [...graph.gradients].map(([name, output]) => {
        const gradient = toFloat(namedTensor(results, output));
        const scale = this.#stepSize(name)?.scale;
        return [
          name,
          scale === undefined
            ? gradient
            : floatTensor(
                gradient.dims,
                gradient.data.map((g) => g / scale),
              ),
        ];
      }),
    );
  }

  /** The part of the model from one value to another. */
  head(from: string, to: string): Slice {
    const key = JSON.stringify([from, to]);
    const found = this.#heads.get(key) ?? slice(this.model, this.facts, from, to);
    this.#heads.set(key, found);
    return found;
  }

  /** Runs that part and returns its output and the values in `taps`. */
  async runHead(from: string, to: string, feeds: Values, taps: readonly string[] = []): Promise<Values> {
    const wanted = [...new Set([to, ...taps])];
    const key = JSON.stringify([from, ...wanted]);
    let session = this.#headSessions.get(key);
    if (!session) {
      const { model } = this.head(from, to);
      session = await createSession(tapped(model, { outputs: wanted.slice(1) }), this.#options);
      this.#headSessions.set(key, session);
    }
    this.runs.head++;
    return session.run(feeds, wanted);
  }

  async close(): Promise<void> {
    await this.#forward?.session.release();
    for (const { session } of this.#plans.values()) await session?.release();
    for (const session of this.#headSessions.values()) await session.release();
    this.#heads.clear();
    this.#headSessions.clear();
    this.#forward = undefined;
    this.#plans.clear();
  }

  #entry(plan: GradientPlan): Planned {
    const key = JSON.stringify([plan.output, plan.wrt, plan.rectifier]);
    let entry = this.#plans.get(key);
    if (!entry) {
      const { output, wrt, rectifier } = plan;
      const request = { output, wrt, rules: RULE_SETS[rectifier] };
      const { model, ...graph } = backwardGraph(this.model, this.facts, request);
      entry = { graph, model, session: undefined };
      this.#plans.set(key, entry);
    }
    return entry;
  }
}

/** @throws {CamError} UNSUPPORTED_MODEL when the image changes values that were built into a backward graph. */
function checkFixed({ fixed }: BackwardPlan, values: Values): void {
  for (const [name, numbers] of fixed) {
    if (Array.from(namedTensor(values, name).data as ArrayLike<number>, Number).join() === numbers.join())
      continue;
    throw new CamError(
      'UNSUPPORTED_MODEL',
      `Shapes or positions depend on "${name}", which depends on the image. This method changes the image, so its gradients would be wrong. Use a method that keeps the image, such as gradcam, or one without gradients, such as scorecam.`,
    );
  }
}
