import type { Vjp } from '../operators/operator.ts';

/** Rules that replace those of the table on one backward pass, by operator. */
export type RuleSet = ReadonlyMap<string, Vjp>;

const guided: Vjp = ({ g, y, e }) => e.where(e.and(e.greater(y, 0), e.greater(g, 0)), g, 0);

const deconvnet: Vjp = ({ g, e }) => e.where(e.greater(g, 0), g, 0);

/**
 * Rules that replace the gradient of every Relu. Guided backpropagation passes what is positive on the way up and on
 * the way down (Springenberg et al. 2015, arXiv:1412.6806); the deconvnet looks at the way down only (Zeiler & Fergus
 * 2014, arXiv:1311.2901).
 */
export const RECTIFIERS: Readonly<Record<'plain' | 'guided' | 'deconvnet', RuleSet>> = {
  plain: new Map(),
  guided: new Map([['Relu', guided]]),
  deconvnet: new Map([['Relu', deconvnet]]),
};

export type RectifierRule = keyof typeof RECTIFIERS;
