import type { Rule } from './rule.ts';

/** https://onnx.ai/onnx/operators/onnx__Col2Im.html */
export const UNFOLD: Readonly<Record<string, Rule>> = {
  // Cuts the image into blocks again: a convolution of every channel by kernels that pick one tap each.
  Col2Im: {
    reads: [2],
    vjp(c) {
      const { e, g } = c;
      const kernel = c.value(2);
      const channels = c.outputDims(0)[1];
      const taps = kernel.reduce((a, b) => a * b, 1);
      const ones = kernel.map(() => 1);
      const eye = Array.from({ length: taps * taps }, (_, i) => Number(i % (taps + 1) === 0));
      const picks = e.expand(e.constant('float32', [1, taps, ...kernel], eye), [channels, taps, ...kernel]);
      const blocks = e.op('Conv', [g, e.reshape(picks, [channels * taps, 1, ...kernel])], {
        group: channels,
        strides: c.ints('strides') ?? ones,
        dilations: c.ints('dilations') ?? ones,
        pads: c.ints('pads') ?? [...ones, ...ones].map(() => 0),
      });
      return e.reshape(blocks, c.inputDims(0));
    },
  },
};
