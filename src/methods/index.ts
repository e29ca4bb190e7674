import { CamError } from '../errors.ts';
import { didYouMean } from '../suggest.ts';
import { ACTIVATION_METHODS } from './activation.ts';
import { GRADIENT_METHODS } from './gradient.ts';
import { INPUT_METHODS } from './input.ts';
import type { Method } from './method.ts';
import { PERTURBATION_METHODS } from './perturbation.ts';
import { VISUALIZATION_METHODS } from './visualization.ts';

/** Every method, by id: one row each. */
export const METHODS: Readonly<Record<string, Method>> = {
  ...INPUT_METHODS,
  ...VISUALIZATION_METHODS,
  ...ACTIVATION_METHODS,
  ...GRADIENT_METHODS,
  ...PERTURBATION_METHODS,
};

/** Ids are compared without case, spaces, dashes and underscores; `+` reads as `p`. */
const plain = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll('+', 'p')
    .replace(/[\s_-]/g, '');

/** Other names in use. */
const ALIASES: Readonly<Record<string, string>> = {
  gradcamplusplus: 'gradcampp',
  vanillagradient: 'saliency',
  gradient: 'saliency',
  guidedbackpropagation: 'guided-backprop',
  guidedbp: 'guided-backprop',
  deconvolution: 'deconvnet',
  deconv: 'deconvnet',
  classmodelvisualization: 'class-visualization',
  classvisualisation: 'class-visualization',
  classmodelvisualisation: 'class-visualization',
};

/** Looks a method up, forgivingly: `Grad-CAM`, `grad_cam++`. @throws CamError UNKNOWN_METHOD with what is near. */
export function findMethod(name: string): [id: string, method: Method] {
  const wanted = plain(name);
  const id = ALIASES[wanted] ?? Object.keys(METHODS).find((key) => plain(key) === wanted);
  if (id !== undefined) return [id, METHODS[id]];
  const hint = didYouMean(wanted, Object.keys(METHODS)) || ` Known: ${Object.keys(METHODS).join(', ')}.`;
  throw new CamError('UNKNOWN_METHOD', `There is no method "${name}".${hint}`);
}
