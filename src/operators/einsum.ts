import type { Ref } from '../onnx/emitter.ts';
import { axisOf, isSpace, lengthOf, type TracedAxis } from './axes.ts';
import type { AxesRule } from './axis-rules.ts';
import type { Context, Cotangent, NodeView } from './operator.ts';

/** An Einsum equation with a letter for every axis, including those of an ellipsis. */
interface Equation {
  readonly operands: readonly string[];
  readonly result: string;
  /** Size of each letter's axis after broadcasting. */
  readonly sizes: ReadonlyMap<string, number>;
}

const LETTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/** An axis of the result has the meaning of its letter; among several operands, a spatial meaning takes precedence. */
export const einsumAxes: AxesRule = ({ c, axes, dims }) => {
  const { operands, result, sizes } = parseEquation(c);
  const letters = new Map<string, TracedAxis>();
  operands.forEach((term, i) =>
    [...term].forEach((letter, at) => {
      const axis = axes[i]?.[at];
      if (!axis || lengthOf(axis) !== sizes.get(letter)) return;
      if (axis.some(isSpace) || !letters.has(letter)) letters.set(letter, axis);
    }),
  );
  return [...result].map((letter, i) => letters.get(letter) ?? axisOf('channel', dims[i]));
};

/**
 * The cotangent of an operand is the Einsum of the result's cotangent with the other operands; axes summed only in this
 * operand are expanded again.
 */
export function einsumVjp(c: Context): Cotangent[] {
  const { operands, result, sizes } = parseEquation(c);
  return operands.map((letters, index) => {
    if (!c.wants(index)) return null;
    if (new Set(letters).size < letters.length) c.unsupported(`repeated axis in "${letters}"`);
    const others = operands.flatMap((other, i) => (i === index ? [] : [[other, c.input(i)] as const]));
    return towards(c, letters, c.inputDims(index), [[result, c.g], ...others], sizes);
  });
}

function towards(
  c: Context,
  letters: string,
  dims: readonly number[],
  terms: readonly (readonly [letters: string, ref: Ref])[],
  sizes: Equation['sizes'],
): Ref {
  const { e } = c;
  const axes = [...letters];
  const reached = axes.filter((letter) => terms.some(([other]) => other.includes(letter)));
  const equation = `${terms.map(([other]) => other).join()}->${reached.join('')}`;
  const product = e.op(
    'Einsum',
    terms.map(([, ref]) => ref),
    { equation },
  );
  const whole = axes.map((letter) => sizes.get(letter)!);
  if (reached.length === axes.length) return e.sumTo(product, whole, dims);
  const kept = axes.map((letter, axis) => (reached.includes(letter) ? whole[axis] : 1));
  return e.sumTo(e.expand(e.reshape(product, kept), whole), whole, dims);
}

/** Parses the equation: https://onnx.ai/onnx/operators/onnx__Einsum.html */
function parseEquation(c: NodeView): Equation {
  const [left, right] = c.text('equation', '').replaceAll(' ', '').split('->');
  const terms = left.split(',');
  const free = LETTERS.filter((letter) => !left.includes(letter));
  const dotted = terms.findIndex((term) => term.includes('...'));
  const batch = dotted < 0 ? [] : free.slice(0, c.inputDims(dotted).length - terms[dotted].length + 3);
  const named = (term: string) => term.replace('...', batch.join(''));
  const operands = terms.map(named);
  const sizes = new Map<string, number>();
  operands.forEach((letters, index) => {
    [...letters].forEach((letter, axis) => {
      sizes.set(letter, Math.max(sizes.get(letter) ?? 1, c.inputDims(index)[axis]));
    });
  });
  return { operands, result: named(right ?? implicitResult(left)), sizes };
}

/** Without an arrow, the result has the ellipsis, then the letters that occur once, in alphabetical order. */
const implicitResult = (left: string): string => {
  const letters = [...left.replaceAll(/[.,]/g, '')];
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  return `${left.includes('...') ? '...' : ''}${once.sort().join('')}`;
};
