import { CamError } from '../errors.ts';
import type { Kernels } from '../kernels/index.ts';
import { repeated } from '../network/inputs.ts';
import { inLayout } from '../network/layout.ts';
import type { Network, Values } from '../network/network.ts';
import { type FloatTensor, floatTensor, fromFloat, namedTensor, toFloat } from '../runtime/tensor.ts';
import { NO_RANKING, rank, type Ranking } from '../targets/classes.ts';
import { type Candidates, rankDetections } from '../targets/detections.ts';
import { type PreparedInput, withVolume } from './input.ts';
import type { Plan } from './plan.ts';

/** A run of the model on an image, with the values tapped by the plan. */
export interface ForwardPass {
  readonly network: Network;
  readonly plan: Plan;
  readonly input: PreparedInput;
  /** The additional inputs. */
  readonly others: Values;
  readonly values: Values;
}

export async function runForward(
  network: Network,
  plan: Plan,
  input: PreparedInput,
  others: Values,
): Promise<ForwardPass> {
  const values = await network.forward(feedsFor({ network, plan, others }, input.tensor), plan.taps);
  return { network, plan, input, others, values };
}

/** Runs the plan on another image [C, H, W] of the same size. */
export function runForwardOn(
  { network, plan, input, others }: ForwardPass,
  data: Float32Array,
  kernels: Kernels,
): Promise<ForwardPass> {
  const { tensor, layout } = input;
  const laid = layout ? inLayout(data, layout, tensor.data, kernels) : data;
  return runForward(network, plan, withVolume(input, { ...tensor, data: laid }, kernels), others);
}

/** The explained output: logits or probabilities. */
export const explainedOutput = ({
  network,
  values,
  plan,
}: Pick<ForwardPass, 'network' | 'values' | 'plan'>): FloatTensor => network.real(values, plan.explained);

/** The explained output for another input tensor of the same size. */
export async function outputFor(pass: ForwardPass, tensor: FloatTensor): Promise<FloatTensor> {
  const { network, plan } = pass;
  const values = await network.forward(feedsFor(pass, tensor), [plan.explained]);
  return explainedOutput({ network, plan, values });
}

/** The ranking of the classes; empty if the output has no scores. */
export function rankingOf(pass: ForwardPass, labels: readonly string[]): Ranking {
  const { output } = pass.plan;
  const candidates = candidatesOf(pass);
  if (candidates) return rankDetections(candidates, labels);
  return output.problem !== undefined || output.kind === 'detections'
    ? NO_RANKING
    : rank(pass.network.real(pass.values, output.logits), output, labels);
}

const READ_CANDIDATES = new WeakMap<Values, Candidates>();

/** The candidates of a detector, read once per pass. */
export function candidatesOf({ values, plan }: Pick<ForwardPass, 'values' | 'plan'>): Candidates | undefined {
  const { detector, problem } = plan.output;
  if (!detector || problem !== undefined) return undefined;
  const known = READ_CANDIDATES.get(values);
  if (known) return known;
  const outputs = [detector.scores, detector.boxes, detector.labels ?? []].flat().map(({ output }) => output);
  const read = {
    detector,
    values: new Map(outputs.map((name) => [name, toFloat(namedTensor(values, name))])),
  };
  READ_CANDIDATES.set(values, read);
  return read;
}

/** The model's inputs for an image tensor. */
export const feedsFor = (
  { network, plan, others }: Pick<ForwardPass, 'network' | 'plan' | 'others'>,
  tensor: FloatTensor,
): Values => ({ ...others, [plan.input]: fromFloat(tensor, network.facts.types.get(plan.input)!) });

/** The model's inputs for `count` variants of the image, `data` [count, C, H, W]. */
export function variantFeeds(
  { network, plan, input, others }: ForwardPass,
  data: Float32Array,
  count: number,
  kernels: Kernels,
): Values {
  const { tensor, layout } = input;
  const laid = layout ? inLayout(data, layout, tensor.data, kernels) : data;
  const dims = [count, ...tensor.dims.slice(1)];
  return {
    ...repeated(others, network.model.graph.inputs, count),
    ...feedsFor({ network, plan, others: {} }, floatTensor(dims, laid)),
  };
}

/**
 * Non-finite inputs spread through the network.
 * @throws {CamError} BAD_TENSOR when the output is not finite because the input is not.
 */
export function requireFinite({ input }: ForwardPass, ranking: Ranking): void {
  const { data } = input.tensor;
  const at = ranking.finite ? -1 : data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new CamError(
    'BAD_TENSOR',
    `The tensor holds ${data[at]} at element ${at}. Remove non-finite values.`,
  );
}
