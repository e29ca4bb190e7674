import type { Ref } from '../onnx/emitter.ts';
import { seenAs, type Context, type Rule } from '../operators/rule.ts';
import { RULES } from '../operators/index.ts';

/** Input of a frozen backward graph that takes a forward value as it was before the change. */
export const frozenName = (value: string): string => `${PREFIX}${value}`;

/** The forward value that such an input is for; undefined for other inputs. */
export const frozenValue = (input: string): string | undefined =>
  input.startsWith(PREFIX) ? input.slice(PREFIX.length) : undefined;

const PREFIX = 'camwasm:frozen:';

/** Operators that are linear on either side of a kink: where they are, their second derivative is zero. */
const KINKED = [
  'Relu',
  'LeakyRelu',
  'PRelu',
  'ThresholdedRelu',
  'Clip',
  'HardSigmoid',
  'Abs',
  'MaxPool',
  'GlobalMaxPool',
  'ReduceMax',
  'ReduceMin',
];

/**
 * Rules under which every kink stays on the side that it was on: differences of such gradients are second derivatives as
 * automatic differentiation has them, which sees no kinks.
 */
export const FROZEN: Readonly<Record<string, Rule>> = Object.fromEntries(
  KINKED.map((op) => [op, { ...RULES[op], vjp: (c: Context) => RULES[op].vjp(frozen(c)) }]),
);

function frozen(c: Context): Context {
  const { e, node } = c;
  const kept = (name: string, type: ReturnType<Context['inputType']>, dims: readonly number[]): Ref => {
    const ref = e.input(frozenName(name), type, dims);
    return type === 'float32' ? ref : e.cast(ref, 'float32');
  };
  return seenAs(c, {
    get x() {
      return kept(node.inputs[0], c.inputType(0), c.inputDims(0));
    },
    get y() {
      return kept(node.outputs[0], c.outputType(0), c.outputDims(0));
    },
    input: (index) => (index === 0 ? kept(node.inputs[0], c.inputType(0), c.inputDims(0)) : c.input(index)),
    output: (index) =>
      index === 0 ? kept(node.outputs[0], c.outputType(0), c.outputDims(0)) : c.output(index),
  });
}
