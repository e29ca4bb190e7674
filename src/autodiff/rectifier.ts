import type { Rule } from '../operators/rule.ts';

const guided: Rule = {
  vjp: ({ g, y, e }) => e.where(e.and(e.greater(y, 0), e.greater(g, 0)), g, 0),
};

const deconvnet: Rule = { vjp: ({ g, e }) => e.where(e.greater(g, 0), g, 0) };

/**
 * Rules that stand in for the gradient at every Relu. Guided backpropagation lets through what is positive on the way
 * up and on the way down (Springenberg et al. 2015, arXiv:1412.6806); the deconvnet asks the way down only (Zeiler &
 * Fergus 2014, arXiv:1311.2901).
 */
export const RECTIFIERS: Readonly<Record<'plain' | 'guided' | 'deconvnet', Readonly<Record<string, Rule>>>> =
  {
    plain: {},
    guided: { Relu: guided },
    deconvnet: { Relu: deconvnet },
  };
