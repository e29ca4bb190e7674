import type { Vjp } from '../operators/operator.ts';

/** Rules that override the table in one backward pass, by operator. */
export type RuleSet = ReadonlyMap<string, Vjp>;

const guided: Vjp = ({ g, y, e }) => e.where(e.and(e.greater(y, 0), e.greater(g, 0)), g, 0);

const deconvnet: Vjp = ({ g, e }) => e.where(e.greater(g, 0), g, 0);

/**
 * Rules that override the gradient of Relu. Guided backpropagation passes gradients where both activation and gradient
 * are positive (Springenberg et al. 2015, arXiv:1412.6806); the deconvnet, where the gradient is (Zeiler & Fergus 2014,
 * arXiv:1311.2901).
 */
export const RECTIFIERS: Readonly<Record<'plain' | 'guided' | 'deconvnet', RuleSet>> = {
  plain: new Map(),
  guided: new Map([['Relu', guided]]),
  deconvnet: new Map([['Relu', deconvnet]]),
};

export type RectifierRule = keyof typeof RECTIFIERS;
