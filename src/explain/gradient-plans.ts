import type { RectifierRule } from '../autodiff/rectifier.ts';
import type { GradientPlan, Network } from '../network/network.ts';
import { type Attempt, attempt } from './attempt.ts';

/** The gradients of a call: with respect to which values, and at the input with which rectifier rules. */
export interface WantedGradients {
  readonly output: string;
  readonly input: string;
  readonly layers: readonly string[];
  /** Values with a bias, throughout the network. */
  readonly biases: readonly string[];
  readonly rectifiers: ReadonlySet<RectifierRule>;
  /** Whether only Relu counts as a rectifier, as in other libraries. */
  readonly reluOnly: boolean;
}

/** The backward passes of a call; undefined if not wanted. */
export interface GradientPlans extends Readonly<Record<RectifierRule, PlannedGradient>> {
  readonly layers: PlannedGradient;
  readonly biases: PlannedGradient;
}

export type PlannedGradient = Attempt<GradientPlan> | undefined;

/**
 * Plans the backward passes. With plain rectifiers, one pass serves everything wanted if the whole path is
 * differentiable; otherwise passes are separate, so that a failure does not affect the others.
 */
export function planGradients(
  network: Network,
  { output, input, layers, biases, rectifiers, reluOnly }: WantedGradients,
): GradientPlans {
  const planned = (wrt: readonly string[], rectifier: GradientPlan['rectifier']): Attempt<GradientPlan> =>
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
  const ruled = (rectifier: 'guided' | 'deconvnet'): PlannedGradient =>
    rectifiers.has(rectifier) ? planned([input], reluOnly ? `${rectifier}-relu` : rectifier) : undefined;
  return {
    layers: part(layers),
    biases: part(biases),
    plain: part(inputs),
    guided: ruled('guided'),
    deconvnet: ruled('deconvnet'),
  };
}
