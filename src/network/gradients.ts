import type { GradientPlan, Network } from './network.ts';

/** Gradients that a call wants: at which layers, and at the input under which rules for rectifiers. */
export interface GradientWish {
  readonly output: string;
  readonly input: string;
  readonly layers: readonly string[];
  readonly rectifiers: ReadonlySet<GradientPlan['rectifier']>;
}

/** What the wish comes to: plans that can be run, and why others cannot. */
export interface GradientPlans {
  /** The plan that gives the gradients at the layers, and the one for the input under each rule. */
  readonly layers: GradientPlan | Error | undefined;
  readonly input: Readonly<Record<GradientPlan['rectifier'], GradientPlan | Error | undefined>>;
}

/**
 * Plans the backward passes. Layers and input share one when both are wanted and the whole way can be differentiated;
 * what cannot be is given back as the error that says why.
 */
export function planGradients(
  network: Network,
  { output, input, layers, rectifiers }: GradientWish,
): GradientPlans {
  const attempt = (wrt: readonly string[], rectifier: GradientPlan['rectifier']): GradientPlan | Error => {
    const plan: GradientPlan = { output, wrt, rectifier };
    try {
      network.plan(plan);
      return plan;
    } catch (error) {
      return error as Error;
    }
  };
  const wish = (rectifier: GradientPlan['rectifier']) =>
    rectifiers.has(rectifier)
      ? attempt(rectifier === 'plain' ? [...layers, input] : [input], rectifier)
      : undefined;
  const plain = wish('plain');
  const shared = plain !== undefined && !(plain instanceof Error);
  return {
    layers: layers.length === 0 ? undefined : shared ? plain : attempt(layers, 'plain'),
    input: { plain, guided: wish('guided'), deconvnet: wish('deconvnet') },
  };
}
