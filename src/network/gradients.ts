import type { RECTIFIERS } from '../autodiff/rectifier.ts';
import type { GradientPlan, Network } from './network.ts';

type Rectifier = keyof typeof RECTIFIERS;

/** Gradients that a call wants: at which values, and at the input under which rules for rectifiers. */
export interface GradientWish {
  readonly output: string;
  readonly input: string;
  readonly layers: readonly string[];
  /** Values all through the network. */
  readonly inner: readonly string[];
  readonly rectifiers: ReadonlySet<Rectifier>;
}

/** What the wish comes to: plans that can be run, and why others cannot. */
export interface GradientPlans {
  /** The plan that gives the gradients at the layers, those inside, and the one for the input under each rule. */
  readonly layers: GradientPlan | Error | undefined;
  readonly inner: GradientPlan | Error | undefined;
  readonly input: Readonly<Record<Rectifier, GradientPlan | Error | undefined>>;
}

/**
 * Plans the backward passes. Under the plain rule one serves all that is wanted, when the whole way can be differentiated;
 * what cannot be is given back as the error that says why.
 */
export function planGradients(
  network: Network,
  { output, input, layers, inner, rectifiers }: GradientWish,
): GradientPlans {
  const attempt = (wrt: readonly string[], rectifier: Rectifier = 'plain'): GradientPlan | Error => {
    const plan: GradientPlan = { output, wrt, rectifier };
    try {
      network.plan(plan);
      return plan;
    } catch (error) {
      return error as Error;
    }
  };
  const ofInput = rectifiers.has('plain') ? [input] : [];
  const whole = [...new Set([...layers, ...inner, ...ofInput])];
  const all = whole.length > 0 ? attempt(whole) : undefined;
  const part = (wrt: readonly string[]) =>
    wrt.length === 0 ? undefined : all instanceof Error ? attempt(wrt) : all;
  const ruled = (rectifier: 'guided' | 'deconvnet') =>
    rectifiers.has(rectifier) ? attempt([input], rectifier) : undefined;
  return {
    layers: part(layers),
    inner: part(inner),
    input: { plain: part(ofInput), guided: ruled('guided'), deconvnet: ruled('deconvnet') },
  };
}
