import type { LayerMethod } from './method.ts';

/** Methods that read the activations alone. */
export const ACTIVATION_METHODS: Readonly<Record<string, LayerMethod>> = {
  cam: {
    title: 'CAM',
    paper: 'Zhou et al. 2016, Learning Deep Features for Discriminative Localization, arXiv:1512.04150',
    about: 'Activations weighted by the linear classifier that follows the global average pooling.',
    level: 'layer',
    needs: ['activations', 'classifier'],
    map: ({ A, classifier, k }) => k.weightedSum(A, classifier),
  },
};
