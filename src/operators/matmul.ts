import type { Product, Ref } from '../onnx/emitter.ts';
import { ATTENTION } from './attention.ts';
import { axisOf, unknownAxes } from './axes.ts';
import { type AxesRule, elementwise } from './axis-rules.ts';
import { einsumAxes, einsumVjp } from './einsum.ts';
import type { Context, Cotangent, Operator, Roles } from './operator.ts';
import { broadcastDims, matrixTimesMatrix } from './shape-rules.ts';

/** [.., M, K] x [.., K, N]: the summed axis disappears; weights create channels. */
const productAxes: AxesRule = ({ c, axes, dims }) => {
  const [a, b] = [0, 1].map((i) => {
    const one = axes[i];
    if (!one || one.length < 2 || c.int(i === 0 ? 'transA' : 'transB', 0) === 0) return one;
    return [...one.slice(0, -2), one.at(-1)!, one.at(-2)!];
  });
  const rank = dims.length;
  if ((a && a.length > rank) || (b && b.length > rank)) return unknownAxes(dims);
  const stacks = elementwise({
    c,
    axes: [a?.slice(0, -2), b?.slice(0, -2)],
    dims: dims.slice(0, -2),
    output: 0,
  });
  return [
    ...stacks,
    a?.at(-2) ?? axisOf('channel', dims[rank - 2]),
    b?.at(-1) ?? axisOf('channel', dims[rank - 1]),
  ];
};

/** Roles shared by all matrix products. */
export const matrixProduct: Pick<Roles, 'axes' | 'weighs'> = { axes: productAxes, weighs: 'matrix' };

/** Matrix products, and attention, which consists of two. */
export const MATMUL: Readonly<Record<string, Operator>> = {
  Einsum: { axes: einsumAxes, product: true, vjp: einsumVjp },
  Attention: ATTENTION,
  MatMul: {
    ...matrixProduct,
    shape: matrixTimesMatrix,
    product: true,
    carriesAttention: true,
    channelsLast: true,
    linear: () => ({ outputsFirst: false, scale: 1 }),
    vjp: (c) => productVjp(c, c.g, {}),
  },
  Gemm: {
    ...matrixProduct,
    shape: matrixTimesMatrix,
    linear: ({ int, float }) => ({ outputsFirst: int('transB', 0) === 1, scale: float('alpha', 1) }),
    vjp: gemmVjp,
  },
};

/** Cotangents of A and B, the node's first two inputs, from that of their product (NumPy's matmul shapes). */
export function productVjp(c: Context, g: Ref, product: Product): [Cotangent, Cotangent] {
  const { e } = c;
  const { alpha = 1, transA = false, transB = false } = product;
  const [aDims, bDims] = [c.inputDims(0), c.inputDims(1)];
  // A vector is a row on the left and a column on the right.
  const a = aDims.length === 1 ? [1, aDims[0]] : aDims;
  const b = bDims.length === 1 ? [bDims[0], 1] : bDims;
  const batch = broadcastDims(a.slice(0, -2), b.slice(0, -2));
  const rows = a.at(transA ? -1 : -2)!;
  const columns = b.at(transB ? -2 : -1)!;
  const whole = (ref: Ref, from: readonly number[], to: readonly number[]) =>
    from.length === to.length && from.every((size, axis) => size === to[axis]) ? ref : e.reshape(ref, to);
  const y = whole(g, c.outputDims(0), [...batch, rows, columns]);
  const settle = (ref: Ref, operand: readonly number[], dims: readonly number[]) =>
    whole(e.sumTo(ref, [...batch, ...operand.slice(-2)], operand), operand, dims);
  const towardsA = () => {
    const right = whole(c.input(1), bDims, b);
    return transA
      ? e.matmul(right, y, { alpha, transA: transB, transB: true })
      : e.matmul(y, right, { alpha, transB: !transB });
  };
  const towardsB = () => {
    const left = whole(c.input(0), aDims, a);
    return transB
      ? e.matmul(y, left, { alpha, transA: true, transB: transA })
      : e.matmul(left, y, { alpha, transA: !transA });
  };
  return [c.wants(0) ? settle(towardsA(), a, aDims) : null, c.wants(1) ? settle(towardsB(), b, bDims) : null];
}

export function gemmVjp(c: Context): Cotangent[] {
  const { alpha, beta } = { alpha: c.float('alpha', 1), beta: c.float('beta', 1) };
  const product = { alpha, transA: c.int('transA', 0) === 1, transB: c.int('transB', 0) === 1 };
  return [...productVjp(c, c.g, product), c.wants(2) ? addendVjp(c, beta) : null];
}

/** Cotangent of Gemm's C, which is scaled by β and broadcast. */
function addendVjp({ e, g, inputDims, outputDims }: Context, beta: number): Ref {
  const whole = e.sumTo(g, outputDims(0), inputDims(2));
  return beta === 1 ? whole : e.mul(whole, beta);
}
