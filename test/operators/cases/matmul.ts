import { type Case, type Input, x } from '../case.ts';

const shapes = (a: readonly number[], b: readonly number[]): Case => ({
  title: `[${a.join()}] · [${b.join()}]`,
  op: 'MatMul',
  inputs: [x(a), x(b)],
});

const einsum = (equation: string, ...shapes: readonly (readonly number[])[]): Case => ({
  title: `${equation} of ${shapes.map((dims) => `[${dims.join()}]`).join(', ')}`,
  op: 'Einsum',
  attributes: { equation },
  inputs: shapes.map((dims) => x(dims)),
});

const attention = (title: string, inputs: readonly Input[], attributes: Case['attributes'] = {}): Case => ({
  title,
  op: 'Attention',
  opset: 23,
  inputs,
  attributes,
});

export const MATMUL_CASES: readonly Case[] = [
  shapes([3, 4], [4, 2]),
  shapes([4], [4, 2]),
  shapes([3, 4], [4]),
  shapes([4], [4]),
  shapes([4], [2, 4, 3]),
  shapes([2, 3, 4], [4]),
  shapes([2, 3, 4], [2, 4, 5]),
  shapes([2, 3, 4], [4, 5]),
  shapes([3, 4], [2, 4, 5]),
  shapes([2, 1, 3, 4], [5, 4, 2]),
  shapes([1, 2, 3, 4], [3, 1, 4, 2]),

  { op: 'Gemm', inputs: [x([3, 4]), x([4, 2])] },
  {
    title: 'alpha, beta, transA, transB, C a row',
    op: 'Gemm',
    attributes: { alpha: { float: 0.5 }, beta: { float: -2 }, transA: 1, transB: 1 },
    inputs: [x([4, 3]), x([2, 4]), x([2])],
  },
  {
    title: 'transA, C a column',
    op: 'Gemm',
    attributes: { transA: 1 },
    inputs: [x([4, 3]), x([4, 2]), x([3, 1])],
  },
  {
    title: 'transB, C a scalar',
    op: 'Gemm',
    attributes: { transB: 1 },
    inputs: [x([3, 4]), x([2, 4]), x([])],
  },
  { title: 'opset 7, C whole', op: 'Gemm', opset: 7, inputs: [x([3, 4]), x([4, 2]), x([3, 2])] },

  einsum('ij,jk->ik', [3, 4], [4, 2]),
  einsum('bhid, bhjd -> bhij', [2, 2, 3, 4], [2, 2, 5, 4]),
  einsum('bhwc,hkc->bhwk', [1, 2, 3, 4], [2, 5, 4]),
  einsum('ij,kj', [3, 4], [2, 4]),
  einsum('...ij,...jk', [2, 1, 3, 4], [1, 3, 4, 2]),
  einsum('i...,j...->...ij', [2, 3], [4, 3]),
  einsum('ijk->k', [2, 3, 4]),
  einsum('...i->...', [2, 3, 4]),
  einsum('ij,k->ik', [2, 3], [4]),
  einsum('a,b,ab->', [2], [3], [2, 3]),
  einsum('ba', [2, 3]),
  einsum('ab,ab->ab', [2, 3], [2, 1]),
  { ...einsum('ii->i', [3, 3]), refuses: 'repeated axis in "ii"' },

  attention('in heads', [x([1, 2, 3, 4]), x([1, 2, 5, 4]), x([1, 2, 5, 3])]),
  attention('packed', [x([2, 3, 8]), x([2, 5, 8]), x([2, 5, 6])], { q_num_heads: 2, kv_num_heads: 2 }),
  attention('fewer keys than queries, scale', [x([1, 3, 16]), x([1, 5, 8]), x([1, 5, 8])], {
    q_num_heads: 4,
    kv_num_heads: 2,
    scale: { float: 0.7 },
  }),
  attention('added mask', [x([1, 2, 3, 4]), x([1, 2, 5, 4]), x([1, 2, 5, 4]), x([3, 5])]),
  attention('mask of booleans', [
    x([1, 2, 2, 4]),
    x([1, 2, 3, 4]),
    x([1, 2, 3, 4]),
    { dims: [1, 1, 2, 3], values: [1, 0, 1, 1, 1, 0], type: 'bool', fixed: true },
  ]),
  attention('causal', [x([1, 2, 3, 4]), x([1, 2, 3, 4]), x([1, 2, 3, 4])], { is_causal: 1 }),
  {
    ...attention('softcap', [x([1, 2, 3, 4]), x([1, 2, 3, 4]), x([1, 2, 3, 4])], { softcap: { float: 2 } }),
    refuses: 'softcap',
  },
];
