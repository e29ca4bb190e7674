import type { RectifierRule } from '../autodiff/rectifier.ts';
import { badOption, InternalError } from '../errors.ts';
import { extentOf } from '../kernels/index.ts';
import type { Asks } from '../methods/ask.ts';
import { type Chosen, usesScore } from '../methods/choice.ts';
import type { Need } from '../methods/method.ts';
import { type Attention, attentionOf, attentionPlan } from '../network/attention.ts';
import { automaticLayer } from '../network/automatic.ts';
import { type BiasTerm, biasTerms } from '../network/biases.ts';
import { findLayer, type Layer, layersOf } from '../network/layers.ts';
import type { GradientPlan, Network } from '../network/network.ts';
import type { ClassOutput } from '../network/output.ts';
import type { ExplainOptions } from '../types.ts';
import { type Attempt, attempt, resultOf, resultOr } from './attempt.ts';
import { type GradientPlans, planGradients } from './gradient-plans.ts';

/** Everything a call reads from the network: layers, backward passes, and the values they need. */
export interface Plan {
  /** Name of the image input. */
  readonly input: string;
  readonly output: ClassOutput;
  /** The differentiated value: logits or probabilities. */
  readonly explained: string;
  /** The requested or automatic layers; empty if no method uses one, an error if there is none. */
  readonly layers: Attempt<readonly Layer[]>;
  /** The last layer of each resolution, for methods that use these by default. */
  readonly stages: readonly Layer[];
  readonly gradients: GradientPlans;
  /** Undefined if no method needs them; likewise `attention`. */
  readonly biases: Attempt<readonly BiasTerm[]> | undefined;
  readonly attention: Attempt<Attention> | undefined;
  /** Values to fetch from the forward pass. */
  readonly taps: ReadonlySet<string>;
}

export interface PlanRequest {
  readonly input: string;
  readonly output: ClassOutput;
  readonly methods: readonly Chosen[];
  readonly options: Pick<ExplainOptions, 'layer' | 'tokens' | 'tensors' | 'score' | 'compat'>;
}

const RECTIFIER_OF: Partial<Record<Need, RectifierRule>> = {
  'input-gradient': 'plain',
  guided: 'guided',
  deconvnet: 'deconvnet',
};

/**
 * Plans the reads of a call.
 * @throws {CamError} UNKNOWN_LAYER when a named layer does not exist or is not a map.
 * @throws {CamError} BAD_OPTION for the probability of an output that has none.
 */
export function planFor(network: Network, { input, output, methods: all, options }: PlanRequest): Plan {
  const methods = output.problem === undefined ? all : all.filter((chosen) => !usesScore(chosen));
  if (options.score === 'probability' && output.activation === 'none') {
    throw badOption(
      'score',
      `The output "${output.name}" has no probabilities. Explain its values, or set \`activation\`.`,
    );
  }
  const explained = options.score === 'probability' ? (output.probabilities ?? output.logits) : output.logits;
  const needs = new Set(methods.flatMap((chosen) => chosen.needs));
  const asks = new Set(methods.flatMap((chosen) => chosen.asks));
  const atLayers = options.tensors === true || needs.has('activations');
  const candidates =
    atLayers || needs.has('attention') ? candidateLayers(network, input, explained, options) : [];
  const layers = atLayers
    ? chooseLayers(network, candidates, [input, explained], options)
    : attempt(() => []);
  const chosen = resultOr(layers, []);
  const staged =
    options.layer === undefined && methods.some(({ method }) => method.level === 'layer' && method.stages);
  const stages = staged && chosen.length > 0 ? stagesOf(candidates, chosen[0]) : [];
  const biases = needs.has('biases') ? attempt(() => biasTerms(network, input, explained)) : undefined;
  const attention = needs.has('attention')
    ? attempt(() => attentionOf(network, candidates, input, explained))
    : undefined;
  const backward =
    options.tensors === true || needs.has('gradients') || BACKWARD_ASKS.some((ask) => asks.has(ask));
  const rectifiers = new Set([...needs].flatMap((need) => RECTIFIER_OF[need] ?? []));
  if (asks.has('inputGradient')) rectifiers.add('plain');
  const gradients = planGradients(network, {
    output: explained,
    input,
    layers: backward ? [...chosen, ...stages].map(({ name }) => name) : [],
    biases: resultOr(biases, []).map(({ value }) => value),
    rectifiers,
    reluOnly: options.compat !== undefined,
  });
  const taps = new Set([
    ...(output.problem === undefined ? [output.logits, explained, ...detectorTaps(output)] : []),
    ...[...chosen, ...stages].map(({ name }) => name),
    ...savedBy(network, gradients),
    ...resultOr(biases, []).flatMap(({ value, bounds }) => (bounds ? [value] : [])),
    ...(HEAD_ASKS.some((ask) => asks.has(ask))
      ? chosen.flatMap(({ name }) => headTaps(network, name, explained))
      : []),
    ...attentionTaps(network, explained, resultOr(attention, undefined), asks.has('attentionGradient')),
  ]);
  return { input, output, explained, layers, stages, gradients, biases, attention, taps };
}

/** The attention layers of a plan; throws the error if there are none. */
export function plannedAttention({ attention }: Plan): Attention {
  if (attention === undefined) throw new InternalError('No method asked for the attention.');
  return resultOf(attention);
}

const detectorTaps = ({ detector }: ClassOutput): string[] =>
  detector ? [detector.scores, detector.boxes, detector.labels ?? []].flat().map(({ output }) => output) : [];

/** Requests that need gradients at the layer, and requests that run the model after it. */
const BACKWARD_ASKS: readonly (keyof Asks)[] = ['layerGradient', 'contrastGradient'];
const HEAD_ASKS: readonly (keyof Asks)[] = ['headScores', 'headGradient'];

const candidateLayers = (
  network: Network,
  input: string,
  explained: string,
  { tokens }: Pick<ExplainOptions, 'tokens'>,
): Layer[] =>
  network.once(['layers', input, explained, tokens], () => layersOf(network, input, explained, tokens));

function chooseLayers(
  network: Network,
  candidates: readonly Layer[],
  [input, explained]: readonly [string, string],
  { layer, tokens }: Pick<ExplainOptions, 'layer' | 'tokens'>,
): Attempt<readonly Layer[]> {
  if (layer !== undefined) {
    const named = [layer].flat().map((name) => findLayer(network, candidates, explained, name));
    return attempt(() => [...new Set(named)]);
  }
  return network.once(['automatic layer', input, explained, tokens], () =>
    attempt(() => [automaticLayer(network, candidates, input, explained).layer]),
  );
}

/** Number of resolutions used together. */
const STAGES = 3;

/** The last layer of each resolution up to the chosen one, limited to the deepest few. */
function stagesOf(candidates: readonly Layer[], chosen: Layer): Layer[] {
  const resolution = ({ layout }: Layer) => Object.values(extentOf(layout)).join('x');
  const before = candidates.slice(
    0,
    candidates.findIndex(({ name }) => name === chosen.name),
  );
  const last = new Map(before.map((layer) => [resolution(layer), layer]));
  last.delete(resolution(chosen));
  return [...last.values(), chosen].slice(-STAGES);
}

const savedBy = (network: Network, plans: GradientPlans): string[] =>
  Object.values(plans).flatMap((plan) => (plan?.ok ? network.plan(plan.value).saved : []));

/** The inputs of the model after a value, and the forward values its gradient needs. */
function headTaps(network: Network, from: string, explained: string): string[] {
  const plan: GradientPlan = { output: explained, wrt: [from], rectifier: 'plain' };
  const saved = resultOr(
    attempt(() => network.plan(plan).saved),
    [],
  );
  return [...network.head(from, explained).inputs, ...saved];
}

function attentionTaps(
  network: Network,
  explained: string,
  attention: Attention | undefined,
  differentiated: boolean,
): string[] {
  if (attention === undefined) return [];
  const probabilities = attention.layers.map((layer) => layer.probabilities);
  if (!differentiated) return probabilities;
  const saved = attempt(() => {
    const plans = attention.layers.map(attentionPlan);
    return [
      ...plans.flatMap((plan) => [plan.output, ...network.plan(plan).saved]),
      ...headTaps(network, plans.at(-1)!.output, explained),
    ];
  });
  return [...probabilities, ...resultOr(saved, [])];
}
