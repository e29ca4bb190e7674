import { backwardGraph, type BackwardGraph } from '../autodiff/backward.ts';
import { readsOf } from '../autodiff/reads.ts';
import { RECTIFIERS } from '../autodiff/rectifier.ts';
import type { Facts } from '../onnx/facts.ts';
import { flowOf, type Flow } from '../onnx/flow.ts';
import type { Model } from '../onnx/model.ts';
import { tapped } from '../onnx/tap.ts';
import { probe } from '../runtime/probe.ts';
import { createSession, type Session, type SessionOptions } from '../runtime/session.ts';
import { toFloat, type FloatTensor, type Tensor } from '../runtime/tensor.ts';

export type Values = Readonly<Record<string, Tensor>>;

/** One gradient computation: what is differentiated by what, under which rule for rectifiers. */
export interface GradientPlan {
  readonly output: string;
  readonly wrt: readonly string[];
  readonly rectifier: keyof typeof RECTIFIERS;
}

/** A model at one input size, ready to run forward and backward. Holds one forward session and one per gradient plan. */
export class Network {
  readonly model: Model;
  readonly facts: Facts;
  readonly flow: Flow;
  /** How often each kind of graph ran: what a call costs. */
  readonly runs: { forward: number; backward: number } = { forward: 0, backward: 0 };
  readonly #options: SessionOptions;
  readonly #plans = new Map<string, { graph: BackwardGraph; session?: Session }>();
  #forward: { session: Session; taps: ReadonlySet<string> } | undefined;

  private constructor(model: Model, facts: Facts, options: SessionOptions) {
    this.model = model;
    this.facts = facts;
    this.flow = flowOf(model.graph);
    this.#options = options;
  }

  /** Learns the shapes of all values by running the model once on `feeds`. */
  static async open(model: Model, feeds: Values, options: SessionOptions): Promise<Network> {
    return new Network(model, await probe(model, feeds, readsOf(model), options), options);
  }

  /** The backward graph of a plan; `saved` says which forward values it will want. Throws where it cannot be built. */
  plan(plan: GradientPlan): BackwardGraph {
    return this.#entry(plan).graph;
  }

  /** Makes sure that `values` can be fetched. A new forward session is made when one of them is not tapped yet. */
  async tap(values: Iterable<string>): Promise<Session> {
    const made = [...values].filter((name) => this.flow.producer(name) !== undefined);
    const current = this.#forward;
    if (current && made.every((name) => current.taps.has(name))) return current.session;
    const ends = this.model.graph.outputs.map(({ name }) => name);
    const taps = new Set([...(current?.taps ?? ends), ...made]);
    await current?.session.release();
    this.#forward = undefined;
    const outputs = [...taps].filter((name) => !ends.includes(name));
    const bytes = tapped(this.model.bytes, { outputs }, this.model.room);
    const session = await createSession(bytes, this.#options);
    this.#forward = { session, taps };
    return session;
  }

  /** Runs the model and gives the values asked for; inputs among them are handed back. */
  async forward(feeds: Values, values: Iterable<string>): Promise<Values> {
    const wanted = [...new Set(values)];
    const session = await this.tap(wanted);
    this.runs.forward++;
    const results = await session.run(
      feeds,
      wanted.filter((name) => !(name in feeds)),
    );
    return { ...results, ...Object.fromEntries(wanted.filter((n) => n in feeds).map((n) => [n, feeds[n]])) };
  }

  /** Gradients of Σ seed·output, by name of the value; `values` must hold what the plan saves. */
  async backward(
    plan: GradientPlan,
    seed: Float32Array,
    values: Values,
  ): Promise<ReadonlyMap<string, FloatTensor>> {
    const entry = this.#entry(plan);
    entry.session ??= await createSession(entry.graph.model, this.#options);
    const { graph, session } = entry;
    const dims = this.facts.dims.get(plan.output)!;
    const feeds: Record<string, Tensor> = { [graph.seed]: { type: 'float32', dims, data: seed } };
    for (const name of graph.saved) feeds[name] = values[name];
    this.runs.backward++;
    const results = await session.run(feeds, [...graph.gradients.values()]);
    return new Map([...graph.gradients].map(([name, output]) => [name, toFloat(results[output])]));
  }

  async close(): Promise<void> {
    await this.#forward?.session.release();
    for (const { session } of this.#plans.values()) await session?.release();
    this.#forward = undefined;
    this.#plans.clear();
  }

  #entry(plan: GradientPlan): { graph: BackwardGraph; session?: Session } {
    const key = JSON.stringify([plan.output, plan.wrt, plan.rectifier]);
    let entry = this.#plans.get(key);
    if (!entry) {
      const { output, wrt, rectifier } = plan;
      entry = { graph: backwardGraph(this.model, this.facts, { output, wrt, rules: RECTIFIERS[rectifier] }) };
      this.#plans.set(key, entry);
    }
    return entry;
  }
}
