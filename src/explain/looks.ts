import type { ExplainOptions } from '../types.ts';
import type { Chosen } from '../methods/choice.ts';
import type { Need, Rectifier } from '../methods/method.ts';
import { automaticLayer } from '../network/automatic.ts';
import type { TokenGrid } from '../network/axes.ts';
import { biasTerms, type BiasTerm } from '../network/biases.ts';
import { planGradients, type GradientPlans } from '../network/gradients.ts';
import { findLayer, layersOf, type Layer } from '../network/layers.ts';
import type { GradientPlan, Network } from '../network/network.ts';
import { attentionOf, attentionPlan, type Attention } from '../network/attention.ts';

const INPUT_NEEDS: Partial<Record<Need, Rectifier>> = {
  'input-gradient': 'plain',
  guided: 'guided',
  deconvnet: 'deconvnet',
};

interface Look {
  readonly network: Network;
  readonly input: string;
  readonly explained: string;
  readonly options: ExplainOptions;
  readonly methods: readonly Chosen[];
}

/** Where the methods of a call look, and the ways back from there that were planned. */
export interface Looks {
  /** The layers that the caller asks for, and the last of each resolution for methods that take those by themselves. */
  readonly layers: readonly Layer[];
  /** Why there is none to choose by itself: what looks at none can still be explained. */
  readonly layerless: Error | undefined;
  readonly stages: readonly Layer[];
  readonly plans: GradientPlans;
  readonly biases: readonly BiasTerm[] | Error;
  /** Undefined where no method asks; an error where there is none. */
  readonly attention: Attention | Error | undefined;
  /** Is the part of the model behind the layers run by itself? */
  readonly heads: boolean;
}

/** Where the methods look: layers, biases, attention, and the ways back to them. */
export function lookAt({ network, input, explained, options, methods }: Look): Looks {
  const needs = new Set(methods.flatMap((chosen) => chosen.needs));
  const atLayers = options.tensors === true || needs.has('activations');
  const all = atLayers || needs.has('attention') ? candidates(network, input, explained, options.tokens) : [];
  const staged =
    options.layer === undefined && methods.some(({ method }) => method.level === 'layer' && method.stages);
  const chosen = atLayers ? layersFor(network, all, [input, explained], options) : [];
  const [layers, layerless] = chosen instanceof Error ? [[], chosen] : [chosen, undefined];
  const stages = staged && layers.length > 0 ? stagesOf(all, layers) : [];
  const biases = needs.has('biases') ? errorOr(() => biasTerms(network, input, explained)) : [];
  const backward = needs.has('gradients') || needs.has('backward') || options.tensors === true;
  const plans = planGradients(network, {
    output: explained,
    input,
    layers: backward ? [...layers, ...stages].map((layer) => layer.name) : [],
    inner: biases instanceof Error ? [] : biases.map(({ value }) => value),
    rectifiers: new Set([...needs].flatMap((need) => INPUT_NEEDS[need] ?? [])),
  });
  const attention = needs.has('attention')
    ? errorOr(() => attentionOf(network, all, input, explained))
    : undefined;
  return { layers, layerless, stages, plans, biases, attention, heads: needs.has('head') };
}

const errorOr = <Result>(work: () => Result): Result | Error => {
  try {
    return work();
  } catch (error) {
    return error as Error;
  }
};

/** Values of the forward pass that will be looked at. */
export function tapsOf(network: Network, explained: string, looks: Looks): string[] {
  const { layers, stages, plans, attention, heads } = looks;
  const saved = [plans.layers, plans.inner, ...Object.values(plans.input)].flatMap((plan) =>
    plan && !(plan instanceof Error) ? network.plan(plan).saved : [],
  );
  const behind = heads ? layers.flatMap(({ name }) => headTaps(network, name, explained)) : [];
  const attended =
    attention && !(attention instanceof Error) ? attentionTaps(network, explained, attention) : [];
  return [...[...layers, ...stages].map(({ name }) => name), ...saved, ...behind, ...attended];
}

/** What the part of the model behind a value takes, and what its gradient takes of what lies before it. */
function headTaps(network: Network, from: string, explained: string): string[] {
  const plan: GradientPlan = { output: explained, wrt: [from], rectifier: 'plain' };
  const saved = errorOr(() => network.plan(plan).saved);
  return [...network.head(from, explained).inputs, ...(saved instanceof Error ? [] : saved)];
}

function attentionTaps(network: Network, explained: string, { layers }: Attention): string[] {
  const plans = errorOr(() => layers.map(attentionPlan));
  const own = layers.map(({ probabilities }) => probabilities);
  if (plans instanceof Error) return own;
  const saved = errorOr(() => plans.flatMap((plan) => [plan.output, ...network.plan(plan).saved]));
  return saved instanceof Error
    ? own
    : [...own, ...saved, ...headTaps(network, plans.at(-1)!.output, explained)];
}

const candidates = (network: Network, input: string, output: string, tokens?: TokenGrid): Layer[] =>
  network.once(['layers', input, output, tokens], () => layersOf(network, input, output, tokens));

/** @throws CamError UNKNOWN_LAYER for a name that is none; where there is none to choose, that is what it gives. */
function layersFor(
  network: Network,
  layers: readonly Layer[],
  [input, output]: readonly [string, string],
  { layer: wish, tokens }: ExplainOptions,
): Layer[] | Error {
  if (wish !== undefined) return [...new Set([wish].flat())].map((name) => findLayer(network, layers, name));
  return network.once(['automatic layer', input, output, tokens], () =>
    errorOr(() => [automaticLayer(network, layers, input, output).layer]),
  );
}

/** How many resolutions are looked at together. */
const STAGES = 3;

/** The last layer of each resolution up to the one chosen: the deepest few. */
function stagesOf(layers: readonly Layer[], [chosen]: readonly Layer[]): Layer[] {
  const before = layers.slice(
    0,
    layers.findIndex(({ name }) => name === chosen.name),
  );
  const last = new Map(before.map((layer) => [`${layer.layout.height}x${layer.layout.width}`, layer]));
  last.delete(`${chosen.layout.height}x${chosen.layout.width}`);
  return [...last.values(), chosen].slice(-STAGES);
}
