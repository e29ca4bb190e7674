import { QUANTIZED_RANGE } from '../onnx/data-type.ts';
import type { Ref } from '../onnx/emitter.ts';
import { seenAs, type Context, type Cotangent, type Rule } from './rule.ts';

/** Where a quantised tensor and its parameters stand among a node's inputs. */
export interface Quantized {
  readonly data: number;
  /** Left out: 1. */
  readonly scale?: number;
  /** Left out: 0. */
  readonly zero?: number;
  /** The axis along which a scale or zero point of several numbers runs. Default: the last. */
  readonly axis?: number;
}

/** How a quantised operator's inputs stand for those of the float operator that it approximates. */
export interface Layout {
  readonly operands: readonly Quantized[];
  /** The result's parameters; left out where the result is not rounded. */
  readonly result?: Omit<Quantized, 'data'>;
  /** May results be driven out of range on purpose, as by a Relu that was left to the rounding? */
  readonly saturates?: boolean;
  /** Version of the float operator that is meant. */
  readonly opset?: number;
}

/**
 * A quantised operator by the rule of the float operator that it approximates, on dequantised values. The cotangent
 * of a quantised value is ∂s/∂q, in steps of its scale: x = scale·(q − zero) makes ∂s/∂q = scale·∂s/∂x.
 */
export function dequantized(rule: Rule, layout: Layout | ((c: Context) => Layout)): Rule {
  return {
    ...(rule.broadcast && { broadcast: true }),
    vjp: (c) => {
      const { operands, ...result } = typeof layout === 'function' ? layout(c) : layout;
      const inputs = operands.map(({ data }) => c.node.inputs[data]);
      const seen = seenAs(c, {
        node: { ...c.node, inputs },
        opset: result.opset ?? c.opset,
        get g() {
          return realCotangent(c, result);
        },
        get x() {
          return realInput(c, operands[0]);
        },
        get y() {
          return real(c, c.y, c.outputDims(0), result.result ?? {});
        },
        input: (index) => realInput(c, operands[index]),
        has: (index) => Boolean(inputs[index]),
        wants: (index) => index < operands.length && c.wants(operands[index].data),
        inputDims: (index) => c.inputDims(operands[index].data),
      });
      const cotangents = c.node.inputs.map((): Cotangent => null);
      [rule.vjp(seen)].flat().forEach((towards, index) => {
        if (!towards || !seen.wants(index)) return;
        const { data, scale, axis } = operands[index];
        cotangents[data] =
          scale === undefined ? towards : c.e.mul(towards, lined(c, scale, c.inputDims(data), axis));
      });
      return cotangents;
    },
  };
}

/** scale·(q − zero) */
function real(
  c: Context,
  q: Ref,
  dims: readonly number[],
  { scale, zero, axis }: Omit<Quantized, 'data'>,
): Ref {
  const { e } = c;
  const centred = zero === undefined || !c.has(zero) ? q : e.sub(q, lined(c, zero, dims, axis));
  return scale === undefined ? centred : e.mul(centred, lined(c, scale, dims, axis));
}

const realInput = (c: Context, at: Quantized): Ref => real(c, c.input(at.data), c.inputDims(at.data), at);

/** ∂s/∂y of the result before it is rounded: none where it lies on a bound that it may have been driven over. */
function realCotangent(c: Context, { result, saturates = false }: Omit<Layout, 'operands'>): Ref {
  const { e, g } = c;
  if (result?.scale === undefined || !c.has(result.scale)) return g;
  const towards = e.div(g, lined(c, result.scale, c.outputDims(0), result.axis));
  if (!saturates) return towards;
  const [low, high] = rangeOf(c);
  return e.where(e.and(e.greater(c.y, low), e.less(c.y, high)), towards, 0);
}

/** The range of the result's type. */
export function rangeOf(c: Context): readonly [number, number] {
  const type = c.outputType(0);
  return QUANTIZED_RANGE[type] ?? c.unsupported(`numbers of type ${type}`);
}

/** A quantisation parameter, one number or one per slab along an axis, in a shape that broadcasts over `dims`. */
export function lined(
  c: Context,
  index: number,
  dims: readonly number[],
  axis: number = dims.length - 1,
): Ref {
  const own = c.inputDims(index);
  const count = own.reduce((a, b) => a * b, 1);
  if (count === 1) return c.e.reshape(c.input(index), []);
  return own.length === 1 ? c.e.reshape(c.input(index), dims.map(() => 1).with(axis, count)) : c.input(index);
}
