import { CamError, didYouMean } from '../errors.ts';
import { ABLATION_METHODS } from './ablation.ts';
import { ACTIVATION_METHODS } from './activation.ts';
import { ATTENTION_METHODS } from './attention.ts';
import { AVERAGE_METHODS } from './average.ts';
import { DECOMPOSITION_METHODS } from './decomposition.ts';
import { EIGEN_METHODS } from './eigen.ts';
import { FACTOR_METHODS } from './factor.ts';
import { GRADIENT_METHODS } from './gradient.ts';
import { INPUT_METHODS } from './input.ts';
import { MASK_METHODS } from './mask.ts';
import type { Method } from './method.ts';
import { OCCLUSION_METHODS } from './occlusion.ts';
import { REFINED_METHODS } from './refined.ts';
import { VISUALIZATION_METHODS } from './visualization.ts';

/** Methods that belong together. */
export interface Family {
  readonly title: string;
  readonly methods: Readonly<Record<string, Method>>;
}

export const FAMILIES: readonly Family[] = [
  {
    title: 'Gradient-weighted activations',
    methods: { ...GRADIENT_METHODS, ...REFINED_METHODS },
  },
  {
    title: 'Activations without a gradient',
    methods: { ...ACTIVATION_METHODS, ...EIGEN_METHODS, ...FACTOR_METHODS },
  },
  { title: 'Perturbed channels', methods: { ...MASK_METHODS, ...ABLATION_METHODS } },
  { title: 'Transformers', methods: ATTENTION_METHODS },
  {
    title: 'Gradients at the input',
    methods: { ...INPUT_METHODS, ...AVERAGE_METHODS, ...DECOMPOSITION_METHODS },
  },
  { title: 'Perturbed input', methods: OCCLUSION_METHODS },
  { title: 'Pictures of a class', methods: VISUALIZATION_METHODS },
];

/** Every method, by id: one row each. */
export const METHODS: Readonly<Record<string, Method>> = Object.assign(
  {},
  ...FAMILIES.map(({ methods }) => methods),
) as Record<string, Method>;

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
  ablation: 'ablationcam',
  deepfeaturefactorization: 'dff',
  deepfeaturefactorisation: 'dff',
  attentionrollout: 'rollout',
  elementwisegradcam: 'gradcamelementwise',
  fullgradcam: 'fullgrad',
  ig: 'integrated-gradients',
  inputtimesgradient: 'input-x-gradient',
  gradientxinput: 'input-x-gradient',
  classmodelvisualization: 'class-visualization',
  classvisualisation: 'class-visualization',
  classmodelvisualisation: 'class-visualization',
};

/** Looks a method up, forgivingly: `Grad-CAM`, `grad_cam++`. @throws CamError UNKNOWN_METHOD with what is near. */
export function findMethod(name: string): [id: string, method: Method] {
  const wanted = plain(name);
  const id = ALIASES[wanted] ?? Object.keys(METHODS).find((key) => plain(key) === wanted);
  if (id !== undefined) return [id, METHODS[id]];
  const hint = didYouMean(name, Object.keys(METHODS)) || ` Known: ${Object.keys(METHODS).join(', ')}.`;
  throw new CamError('UNKNOWN_METHOD', `There is no method "${name}".${hint}`);
}
