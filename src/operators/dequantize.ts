import { InternalError } from '../errors.ts';
import { QUANTIZED_RANGE } from '../onnx/data-type.ts';
import type { Ref } from '../onnx/emitter.ts';
import { sizeOf } from '../runtime/tensor.ts';
import type { Context, Cotangent, NodeView, Operator, QuantizedInput, ResultScale } from './operator.ts';

/** How a quantized operator's inputs correspond to those of the float operator it approximates. */
export interface Quantization {
  readonly operands: readonly QuantizedInput[];
  /** The result's parameters; omitted if the result is not rounded. */
  readonly result?: ResultScale;
  /** Whether results may exceed the range on purpose, as with a Relu folded into the rounding. */
  readonly saturates?: boolean;
  /** Opset version of the float operator. */
  readonly opset?: number;
}

/**
 * A quantized operator from the row of its float operator `op`, on dequantized values. The cotangent of a quantized value is
 * ∂s/∂q, in steps of its scale: x = scale·(q − zero), so ∂s/∂q = scale·∂s/∂x.
 */
export function dequantized<Name extends string>(
  rows: Readonly<Record<Name, Operator>>,
  op: Name,
  quantization: Quantization | ((c: NodeView) => Quantization),
): Operator {
  const { vjp, axes, broadcast } = rows[op];
  if (!vjp) throw new InternalError('A quantized operator needs the rule of a float operator.');
  const partsOf = (c: NodeView) => (typeof quantization === 'function' ? quantization(c) : quantization);
  return {
    ...(broadcast && { broadcast }),
    plain: { op, operands: (c) => partsOf(c).operands },
    result: (c) => partsOf(c).result,
    axes(step) {
      const { operands } = partsOf(step.c);
      const c = { ...step.c, ...floatView(step.c, operands) };
      return axes({ ...step, c, axes: operands.map(({ data }) => step.axes[data]) });
    },
    vjp(c) {
      const { operands, ...result } = partsOf(c);
      const float = c.as({
        ...floatView(c, operands),
        opset: result.opset ?? c.opset,
        gradient: () => realCotangent(c, result),
        input: (index) =>
          real(c, c.input(operands[index].data), c.inputDims(operands[index].data), operands[index]),
        output: (index) => real(c, c.output(index), c.outputDims(index), result.result ?? {}),
        wants: (index) => index < operands.length && c.wants(operands[index].data),
      });
      const cotangents = c.node.inputs.map((): Cotangent => null);
      [vjp(float)].flat().forEach((towards, index) => {
        if (!towards || !float.wants(index)) return;
        const { data, scale, axis } = operands[index];
        cotangents[data] =
          scale === undefined ? towards : c.e.mul(towards, lined(c, scale, c.inputDims(data), axis));
      });
      return cotangents;
    },
  };
}

/** The node with only the operands as inputs. */
function floatView(
  c: NodeView,
  operands: readonly QuantizedInput[],
): Pick<NodeView, 'node' | 'has' | 'inputDims'> {
  const inputs = operands.map(({ data }) => c.node.inputs[data]);
  return {
    node: { ...c.node, inputs },
    has: (index) => Boolean(inputs[index]),
    inputDims: (index) => c.inputDims(operands[index].data),
  };
}

/** scale·(q − zero) */
function real(c: Context, q: Ref, dims: readonly number[], { scale, zero, axis }: ResultScale): Ref {
  const { e } = c;
  const centered = zero === undefined || !c.has(zero) ? q : e.sub(q, lined(c, zero, dims, axis));
  return scale === undefined ? centered : e.mul(centered, lined(c, scale, dims, axis));
}

/** ∂s/∂y before rounding: zero at a bound that the result may have exceeded, except at the end of the model. */
function realCotangent(c: Context, { result, saturates = false }: Omit<Quantization, 'operands'>): Ref {
  const { e, g } = c;
  if (result?.scale === undefined || !c.has(result.scale)) return g;
  const towards = e.div(g, lined(c, result.scale, c.outputDims(0), result.axis));
  if (!saturates || c.isEnd) return towards;
  const [low, high] = quantizedRange(c);
  return e.where(e.and(e.greater(c.y, low), e.less(c.y, high)), towards, 0);
}

export function quantizedRange(c: Context): readonly [number, number] {
  const type = c.outputType(0);
  return QUANTIZED_RANGE[type] ?? c.unsupported(`numbers of type ${type}`);
}

/** A quantization parameter, a single number or one per slice of an axis, in a shape that broadcasts to `dims`. */
export function lined(
  c: Context,
  index: number,
  dims: readonly number[],
  axis: number = dims.length - 1,
): Ref {
  const own = c.inputDims(index);
  const count = sizeOf(own);
  if (count === 1) return c.e.reshape(c.input(index), []);
  return own.length === 1 ? c.e.reshape(c.input(index), dims.map(() => 1).with(axis, count)) : c.input(index);
}
