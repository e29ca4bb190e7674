import type { Emitter, Ref } from '../onnx/emitter.ts';
import { axesBetween, axisArgument } from './axis-arguments.ts';
import { type Context, type Operator, unary } from './operator.ts';

/** One axis since opset 13; before, the axis and all following ones, flattened together. */
const axesOfSoftmax = (c: Context): number[] =>
  c.opset >= 13 ? [axisArgument(c, -1)] : axesBetween(axisArgument(c, 1), c.inputDims(0).length);

/** ∂s/∂x for y = softmax(x) over `axes`: y·(g − Σ g·y) */
const softmaxCotangent = (e: Emitter, g: Ref, y: Ref, axes: readonly number[]): Ref =>
  e.mul(y, e.sub(g, e.reduceSum(e.mul(g, y), axes)));

export const SOFTMAX: Readonly<Record<string, Operator>> = {
  Softmax: unary((c) => softmaxCotangent(c.e, c.g, c.y, axesOfSoftmax(c)), { link: 'softmax' }),
  LogSoftmax: unary(
    (c) => {
      const { g, y, e } = c;
      return e.sub(g, e.mul(e.exp(y), e.reduceSum(g, axesOfSoftmax(c))));
    },
    { link: 'softmax', logarithm: true },
  ),
};
