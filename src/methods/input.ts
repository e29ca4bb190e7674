import type { Volume } from '../kernels/volume.ts';
import type { InputMethod } from './method.ts';

/** Methods whose map is of the input itself. */
export const INPUT_METHODS: Readonly<Record<string, InputMethod>> = {
  saliency: {
    title: 'Saliency map',
    paper: 'Simonyan et al. 2014, arXiv:1312.6034',
    about: 'Largest absolute gradient over the colour channels: which pixels move the score most.',
    level: 'input',
    shows: 'heatmap',
    needs: ['input-gradient'],
    map: ({ gradient }) => gradient.plain,
  },
  deconvnet: {
    title: 'Deconvnet',
    paper: 'Zeiler & Fergus 2014, arXiv:1311.2901',
    about: 'Gradient that lets through only what is positive on the way down.',
    level: 'input',
    shows: 'signed',
    needs: ['deconvnet'],
    map: ({ gradient }) => gradient.deconvnet,
  },
  'guided-backprop': {
    title: 'Guided backpropagation',
    paper: 'Springenberg et al. 2015, arXiv:1412.6806',
    about: 'Gradient that lets through only what is positive on the way up and down: crisp contours.',
    level: 'input',
    shows: 'signed',
    needs: ['guided'],
    map: ({ gradient }) => gradient.guided,
  },
  'guided-gradcam': {
    title: 'Guided Grad-CAM',
    paper: 'Selvaraju et al. 2017, arXiv:1610.02391, sec. 3.2',
    about: 'Guided backpropagation, kept where Grad-CAM is high: contours of the class alone.',
    level: 'input',
    shows: 'signed',
    cam: 'gradcam',
    needs: ['guided', 'activations', 'gradients'],
    map: ({ gradient, cam }) => weighted(gradient.guided, cam().data),
  },
};

const weighted = (volume: Volume, mask: Float32Array): Volume => ({
  ...volume,
  data: volume.data.map((value, at) => value * mask[at % mask.length]),
});
