import type { RectifierRule } from '../autodiff/rectifier.ts';
import type { GradientPlan, Network } from './network.ts';

/** The gradients of a call: by which values, and by the input under which rules for rectifiers. */
export interface GradientRequest {
  readonly output: string;
  readonly input: string;
  readonly layers: readonly string[];
  /** Values throughout the network. */
  readonly inner: readonly string[];
  readonly rectifiers: ReadonlySet<RectifierRule>;
}

/** Plans that can run, and the errors of those that cannot. */
export interface GradientPlans {
  /** The plan for the layers, for the values inside, and for the input under each rule; undefined where unneeded. */
  readonly layers: GradientPlan | Error | undefined;
  readonly inner: GradientPlan | Error | undefined;
  readonly input: Readonly<Record<RectifierRule, GradientPlan | Error | undefined>>;
}

/**
 * Plans the backward passes. Under the plain rule one plan serves all values, if the whole path can be differentiated;
 * a plan that cannot be built is returned as its error.
 */
export function planGradients(
  network: Network,
  { output, input, layers, inner, rectifiers }: GradientRequest,
): GradientPlans {
  const attempt = (wrt: readonly string[], rectifier: RectifierRule = 'plain'): GradientPlan | Error => {
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
