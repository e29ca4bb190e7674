import type { Volume } from '../kernels/volume.ts';
import type { InputMethod } from './method.ts';

/** Methods whose map is a gradient at the input. */
export const INPUT_METHODS: Readonly<Record<string, InputMethod>> = {
  saliency: {
    title: 'Saliency map',
    paper: 'Simonyan et al. 2014, arXiv:1312.6034',
    about: 'Largest absolute gradient over the colour channels: which pixels move the score most.',
    when: 'For a quick look at single pixels; noisy.',
    cost: '1 backward',
    level: 'input',
    shows: 'heatmap',
    needs: ['input-gradient'],
    map: ({ gradient }) => gradient.plain,
  },
  'input-x-gradient': {
    title: 'Input × gradient',
    paper: 'Shrikumar et al. 2016, arXiv:1605.01713',
    about: 'Each pixel times its gradient: its share of the score, were the network linear.',
    when: 'As a first approximation of integrated gradients.',
    cost: '1 backward',
    level: 'input',
    shows: 'heatmap',
    collapse: 'total',
    needs: ['input-gradient'],
    map: ({ gradient, input }) => ({
      ...input,
      data: input.data.map((value, at) => value * gradient.plain.data[at]),
    }),
  },
  deconvnet: {
    title: 'Deconvnet',
    paper: 'Zeiler & Fergus 2014, arXiv:1311.2901',
    about: 'Gradient that lets through only what is positive on the way down.',
    when: 'To compare with the literature; it hardly depends on the class.',
    cost: '1 backward',
    level: 'input',
    shows: 'signed',
    needs: ['deconvnet'],
    map: ({ gradient }) => gradient.deconvnet,
  },
  'guided-backprop': {
    title: 'Guided backpropagation',
    paper: 'Springenberg et al. 2015, arXiv:1412.6806',
    about: 'Gradient that lets through only what is positive on the way up and down: crisp contours.',
    when: 'For crisp pictures of what the features are; it hardly depends on the class.',
    cost: '1 backward',
    level: 'input',
    shows: 'signed',
    needs: ['guided'],
    map: ({ gradient }) => gradient.guided,
  },
  'guided-gradcam': {
    title: 'Guided Grad-CAM',
    paper: 'Selvaraju et al. 2017, arXiv:1610.02391, sec. 3.2',
    about: 'Guided backpropagation, kept where Grad-CAM is high: contours of the class alone.',
    when: 'For crisp contours that depend on the class. `base` takes any other CAM.',
    cost: '2 backwards',
    level: 'input',
    shows: 'signed',
    base: 'gradcam',
    needs: ['guided'],
    map: ({ gradient, cam }) => weighted(gradient.guided, cam().data),
  },
};

const weighted = (volume: Volume, mask: Float32Array): Volume => ({
  ...volume,
  data: volume.data.map((value, at) => value * mask[at % mask.length]),
});
