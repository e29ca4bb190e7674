import type { Volume } from '../kernels/index.ts';
import { product } from './arrays.ts';
import { type InputMethod, inputMethod } from './method.ts';

/** Methods with a gradient at the input as their map. */
export const INPUT_METHODS: Readonly<
  Record<'saliency' | 'input-x-gradient' | 'deconvnet' | 'guided-backprop' | 'guided-gradcam', InputMethod>
> = {
  saliency: inputMethod({
    title: 'Saliency map',
    paper: 'Simonyan et al. 2014, arXiv:1312.6034',
    about: 'Largest absolute gradient over the color channels: which pixels move the score most.',
    when: 'For a quick look at pixels; noisy.',
    shows: 'heatmap',
    needs: ['input-gradient'],
    map: ({ gradient }) => gradient,
  }),
  'input-x-gradient': inputMethod({
    title: 'Input × gradient',
    paper: 'Shrikumar et al. 2016, arXiv:1605.01713',
    about: 'Each pixel times its gradient: its share of the score if the network were linear.',
    when: 'As a first approximation of integrated gradients.',
    shows: 'heatmap',
    collapse: 'total',
    needs: ['input-gradient'],
    map: ({ gradient, input }) => product(input, gradient),
  }),
  deconvnet: inputMethod({
    title: 'Deconvnet',
    paper: 'Zeiler & Fergus 2014, arXiv:1311.2901',
    about: 'Gradient that passes only positive values at every ReLU on the way back.',
    when: 'To compare with the literature; barely depends on the class.',
    shows: 'signed',
    needs: ['deconvnet'],
    map: ({ deconvnet }) => deconvnet,
  }),
  'guided-backprop': inputMethod({
    title: 'Guided backpropagation',
    paper: 'Springenberg et al. 2015, arXiv:1412.6806',
    about: 'Gradient that passes only where a ReLU is positive forward and backward: crisp contours.',
    when: 'For crisp pictures of the features; barely depends on the class.',
    shows: 'signed',
    needs: ['guided'],
    map: ({ guided }) => guided,
  }),
  'guided-gradcam': inputMethod({
    title: 'Guided Grad-CAM',
    paper: 'Selvaraju et al. 2017, arXiv:1610.02391, sec. 3.2',
    about: 'Guided backpropagation times Grad-CAM: contours of the class only.',
    when: 'For crisp contours that depend on the class. `base` can be any other CAM.',
    shows: 'signed',
    base: 'gradcam',
    needs: ['guided', 'base'],
    map: ({ guided, cam }) => masked(guided, cam.data),
  }),
};

const masked = (volume: Volume, mask: Float32Array): Volume => ({
  ...volume,
  data: volume.data.map((value, at) => value * mask[at % mask.length]),
});
