import { DATA_TYPES } from '../onnx/data-type.ts';
import type { Ref } from '../onnx/emitter.ts';
import { sizeOf } from '../runtime/tensor.ts';
import {
  broadcasting,
  type Context,
  type Foldable,
  type NodeView,
  type Operator,
  type Roles,
  unary,
} from './operator.ts';

/** A binary operator with broadcasting: emits a formula only for a side that wants a cotangent. */
const binary = (left: (c: Context) => Ref, right: (c: Context) => Ref, roles?: Partial<Roles>): Operator =>
  broadcasting((c) => [c.wants(0) ? left(c) : null, c.wants(1) ? right(c) : null], roles);

/** Any number of broadcast inputs that share a cotangent. */
const variadic = (vjp: (c: Context) => Ref, roles?: Partial<Roles>): Operator =>
  broadcasting((c) => {
    const each = vjp(c);
    return c.node.inputs.map(() => each);
  }, roles);

/** The extreme of any number of inputs; ties share the cotangent, as in torch.maximum and torch.amax. */
const extremeInput = broadcasting((c) => {
  const { g, y, e } = c;
  const wins = c.node.inputs.map((_, i) => e.equal(c.input(i), y));
  const winners = wins.map((win) => e.cast(win, 'float32')).reduce((a, b) => e.add(a, b));
  const share = e.div(g, winners);
  return wins.map((win, i) => (c.wants(i) ? e.where(win, share, 0) : null));
});

// Earlier opsets have other attributes.
const foldableBinary: Foldable = { since: 7 };
const foldableUnary: Foldable = { since: 6 };

/** A constant [C, 1, 1] among the operands. */
function channelBias({ node: { inputs }, constant, inputDims }: NodeView): readonly number[] | undefined {
  const perChannel = (dims: readonly number[]) => dims.length >= 3 && dims.at(-3) === sizeOf(dims);
  return inputs
    .map((_, index) => (perChannel(inputDims(index)) ? constant(index) : undefined))
    .find((values) => values !== undefined);
}

/** Arithmetic, elementwise functions and selection. */
export const ELEMENTWISE: Readonly<Record<string, Operator>> = {
  Add: variadic(({ g }) => g, { foldable: foldableBinary, bias: channelBias, carriesAttention: true }),
  Sub: binary(
    ({ g }) => g,
    ({ g, e }) => e.neg(g),
    {
      foldable: foldableBinary,
      carriesAttention: true,
      bias: (n) => channelBias(n)?.map((value) => (n.constant(1) ? -value : value)),
    },
  ),
  Mul: binary(
    (c) => c.e.mul(c.g, c.input(1)),
    (c) => c.e.mul(c.g, c.input(0)),
    { foldable: foldableBinary, carriesAttention: true },
  ),
  Div: binary(
    (c) => c.e.div(c.g, c.input(1)),
    (c) => c.e.neg(c.e.div(c.e.mul(c.g, c.y), c.input(1))),
    { foldable: foldableBinary, carriesAttention: true },
  ),
  Mod: binary(
    ({ g }) => g,
    // x = qm + y with an integer q: ∂y/∂m = −q
    (c) => c.e.mul(c.g, c.e.div(c.e.sub(c.y, c.x), c.input(1))),
  ),
  Pow: binary(
    ({ g, e, x, input }) => {
      const p = e.cast(input(1), 'float32');
      const slope = e.mul(p, e.pow(x, e.sub(p, 1)));
      return e.where(e.equal(p, 0), 0, e.mul(g, slope));
    },
    ({ g, e, x, y, input }) => {
      // 0ᵖ stays 0 for p > 0: like PyTorch, 0 and not 0·log 0
      const flat = e.and(e.equal(x, 0), e.op('GreaterOrEqual', [input(1), 0]));
      return e.where(flat, 0, e.mul(g, e.mul(y, e.log(x))));
    },
  ),
  Sum: variadic(({ g }) => g),
  Mean: variadic(({ g, e, node }) => e.div(g, node.inputs.length)),
  Max: extremeInput,
  Min: extremeInput,

  Where: broadcasting(
    (c) => {
      const { g, e } = c;
      const chosen = c.input(0);
      return [null, c.wants(1) ? e.where(chosen, g, 0) : null, c.wants(2) ? e.where(chosen, 0, g) : null];
    },
    { elementType: 1, carriesAttention: true },
  ),
  // between floats: the driver stops gradients at integers
  Cast: unary(({ g }) => g, {
    casts: true,
    elementType: (c) => DATA_TYPES[c.int('to', 0)],
    passes: 'value',
    carriesAttention: true,
    foldable: { since: 6, attributes: ['to'] },
  }),
  CastLike: unary(({ g }) => g, { casts: true, elementType: 1 }),

  Neg: unary(({ g, e }) => e.neg(g), { foldable: foldableUnary }),
  Abs: unary(({ g, x, e }) => e.mul(g, e.sign(x)), { kinked: true }),
  Reciprocal: unary(({ g, y, e }) => e.neg(e.mul(g, e.mul(y, y))), { foldable: foldableUnary }),
  Sqrt: unary(({ g, y, e }) => e.div(g, e.mul(2, y)), { foldable: foldableUnary }),
  Exp: unary(({ g, y, e }) => e.mul(g, y), { foldable: foldableUnary }),
  Log: unary(({ g, x, e }) => e.div(g, x)),
  Erf: unary(({ g, x, e }) => e.mul(g, e.mul(2 / Math.sqrt(Math.PI), e.exp(e.neg(e.mul(x, x)))))),

  Sin: unary(({ g, x, e }) => e.mul(g, e.op('Cos', [x]))),
  Cos: unary(({ g, x, e }) => e.neg(e.mul(g, e.op('Sin', [x])))),
  Tan: unary(({ g, y, e }) => e.mul(g, e.add(1, e.mul(y, y)))),
  Asin: unary(({ g, x, e }) => e.div(g, e.sqrt(e.sub(1, e.mul(x, x))))),
  Acos: unary(({ g, x, e }) => e.neg(e.div(g, e.sqrt(e.sub(1, e.mul(x, x)))))),
  Atan: unary(({ g, x, e }) => e.div(g, e.add(1, e.mul(x, x)))),
  Sinh: unary(({ g, x, e }) => e.mul(g, e.op('Cosh', [x]))),
  Cosh: unary(({ g, x, e }) => e.mul(g, e.op('Sinh', [x]))),
  Asinh: unary(({ g, x, e }) => e.div(g, e.sqrt(e.add(1, e.mul(x, x))))),
  Acosh: unary(({ g, x, e }) => e.div(g, e.sqrt(e.sub(e.mul(x, x), 1)))),
  Atanh: unary(({ g, x, e }) => e.div(g, e.sub(1, e.mul(x, x)))),
};
