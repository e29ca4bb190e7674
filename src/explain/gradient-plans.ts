import type { RectifierRule } from '../autodiff/rectifier.ts';
import type { GradientPlan, Network } from '../network/network.ts';
import { type Attempt, attempt } from './attempt.ts';

/** The gradients of a call: at which values, and at the input under which rules for rectifiers. */
export interface WantedGradients {
  readonly output: string;
  readonly input: string;
  readonly layers: readonly string[];
  /** Values with a bias, throughout the network. */
  readonly biases: readonly string[];
  readonly rectifiers: ReadonlySet<RectifierRule>;
}

/** The backward passes of a call; undefined where none was wanted. */
export interface GradientPlans extends Readonly<Record<RectifierRule, PlannedGradient>> {
  readonly layers: PlannedGradient;
  readonly biases: PlannedGradient;
}

export type PlannedGradient = Attempt<GradientPlan> | undefined;

/**
 * Plans the backward passes. Under the plain rule one serves all that is wanted, if the whole path can be differentiated;
 * otherwise each has its own, so that one that fails does not take the others along.
 */
export function planGradients(
  network: Network,
  { output, input, layers, biases, rectifiers }: WantedGradients,
): GradientPlans {
  const planned = (wrt: readonly string[], rectifier: RectifierRule): Attempt<GradientPlan> =>
    attempt(() => {
      const plan: GradientPlan = { output, wrt, rectifier };
      network.plan(plan);
      return plan;
    });
  const inputs = rectifiers.has('plain') ? [input] : [];
  const wanted = [...new Set([...layers, ...biases, ...inputs])];
  const all = wanted.length === 0 ? undefined : planned(wanted, 'plain');
  const part = (wrt: readonly string[]): PlannedGradient =>
    wrt.length === 0 ? undefined : all?.ok ? all : planned(wrt, 'plain');
  const ruled = (rectifier: RectifierRule): PlannedGradient =>
    rectifiers.has(rectifier) ? planned([input], rectifier) : undefined;
  return {
    layers: part(layers),
    biases: part(biases),
    plain: part(inputs),
    guided: ruled('guided'),
    deconvnet: ruled('deconvnet'),
  };
}
