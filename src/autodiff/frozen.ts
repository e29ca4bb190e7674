import type { Ref } from '../onnx/emitter.ts';
import { OPERATORS } from '../operators/index.ts';
import type { Context, Vjp } from '../operators/operator.ts';
import type { RuleSet } from './rectifier.ts';

const PREFIX = 'camwasm:frozen:';

/** Input of a frozen backward graph for the original forward value. */
export const frozenName = (value: string): string => `${PREFIX}${value}`;

/** The forward value of a frozen input; undefined for other inputs. */
export const frozenValue = (input: string): string | undefined =>
  input.startsWith(PREFIX) ? input.slice(PREFIX.length) : undefined;

/**
 * Rules that keep every kink on its original side: differences of such gradients are second derivatives as in automatic
 * differentiation, blind to kinks.
 */
export const FROZEN: RuleSet = new Map(
  [...OPERATORS].flatMap(([op, { kinked, vjp }]) => (kinked && vjp ? [[op, frozen(vjp)] as const] : [])),
);

function frozen(vjp: Vjp): Vjp {
  return (c) => {
    const { node } = c;
    return vjp(
      c.as({
        input: (i) => (i === 0 ? before(c, node.inputs[0], c.inputType(0), c.inputDims(0)) : c.input(i)),
        output: (i) => (i === 0 ? before(c, node.outputs[0], c.outputType(0), c.outputDims(0)) : c.output(i)),
      }),
    );
  };
}

function before(
  { e }: Context,
  name: string,
  type: ReturnType<Context['inputType']>,
  dims: readonly number[],
): Ref {
  const ref = e.input(frozenName(name), type, dims);
  return type === 'float32' ? ref : e.cast(ref, 'float32');
}
