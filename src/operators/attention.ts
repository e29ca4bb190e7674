import type { Emitter, Ref } from '../onnx/emitter.ts';
import { axisOf, lengthOf, unknownAxes } from './axes.ts';
import type { AxesRule } from './axis-rules.ts';
import type { Context, Operator } from './operator.ts';
import { softmaxCotangent } from './softmax.ts';

/** softmax(α·Q·Kᵀ + bias)·V for every head; Vaswani et al. 2017, arXiv:1706.03762, § 3.2. */
export interface AttentionOperands {
  /** [B, N, S, D], [B, N, T, D] and [B, N, T, D′] */
  readonly q: Ref;
  readonly k: Ref;
  readonly v: Ref;
  readonly scale: number;
  /** Added to the scores; broadcast to [B, N, S, T]. */
  readonly bias?: Ref;
}

/** Cotangents of an attention's operands; the bias's has the shape of the scores. Recomputes the scores. */
export function attentionCotangents(
  e: Emitter,
  g: Ref,
  { q, k, v, scale, bias }: AttentionOperands,
): Required<Record<'q' | 'k' | 'v' | 'bias', Ref>> {
  const scores = e.matmul(q, k, { alpha: scale, transB: true });
  const weights = e.op('Softmax', [bias ? e.add(scores, bias) : scores], { axis: -1 });
  const towards = softmaxCotangent(e, e.matmul(g, v, { transB: true }), weights, [3]);
  return {
    q: e.matmul(towards, k, { alpha: scale }),
    k: e.matmul(towards, q, { alpha: scale, transA: true }),
    v: e.matmul(weights, g, { transA: true }),
    bias: towards,
  };
}

/** A score that a softmax ignores. */
const HIDDEN = -1e30;

/** 0 where a boolean mask is true, effectively −∞ where it is false. */
export const hiddenWhere = (e: Emitter, seen: Ref): Ref => e.where(seen, 0, HIDDEN);

/** Hides all later positions from each of `s` positions. */
export const causalBias = (e: Emitter, s: number, t: number): Ref =>
  e.op('Trilu', [e.expand(HIDDEN, [s, t]), e.constant('int64', [], [1])], { upper: 1 });

/** A tensor as [B, N, S, D], with the inverse for its cotangent. */
export interface Heads {
  readonly value: Ref;
  readonly dims: readonly number[];
  back(g: Ref): Ref;
}

/** Splits [B, S, N·D] into heads; [B, N, S, D] is already split. */
export function headsOf(e: Emitter, value: Ref, dims: readonly number[], count: number): Heads {
  if (dims.length === 4) return { value, dims, back: (g) => g };
  const [batch, length, width] = dims;
  return {
    value: e.transpose(e.reshape(value, [batch, length, count, width / count]), [0, 2, 1, 3]),
    dims: [batch, count, length, width / count],
    back: (g) => e.reshape(e.transpose(g, [0, 2, 1, 3]), dims),
  };
}

/** Repeats every head `times` times: grouped-query attention (Ainslie et al. 2023, arXiv:2305.13245). */
function repeatedHeads(e: Emitter, heads: Heads, times: number): Heads {
  if (times === 1) return heads;
  const [batch, count, ...rest] = heads.dims;
  const apart = e.reshape(heads.value, [batch, count, 1, ...rest]);
  const dims = [batch, count * times, ...rest];
  return {
    value: e.reshape(e.expand(apart, [batch, count, times, ...rest]), dims),
    dims,
    back: (g) => heads.back(e.reduceSum(e.reshape(g, [batch, count, times, ...rest]), [2], false)),
  };
}

/** Queries determine the positions, values the channels: [B, S, N·D] or [B, N, S, D]. */
export const attentionAxes: AxesRule = ({ axes: [q, , v], dims }) => {
  if (q?.length !== dims.length) return unknownAxes(dims);
  const width = dims[dims.length - 1];
  const last = v?.length === dims.length ? v[v.length - 1] : undefined;
  const channels = last && lengthOf(last) === width ? last : axisOf('channel', width);
  return [...q.slice(0, -1), channels];
};

/** https://onnx.ai/onnx/operators/onnx__Attention.html */
export const ATTENTION: Operator = {
  axes: attentionAxes,
  fusedAttention: true,
  vjp: (c) => {
    const { e } = c;
    refuseVariants(c);
    const packed = c.inputDims(0).length === 3;
    const [queries, keys] = packed
      ? [c.int('q_num_heads', 1), c.int('kv_num_heads', 1)]
      : [c.inputDims(0)[1], c.inputDims(1)[1]];
    const q = headsOf(e, c.input(0), c.inputDims(0), queries);
    const [k, v] = [1, 2].map((index) =>
      repeatedHeads(e, headsOf(e, c.input(index), c.inputDims(index), keys), queries / keys),
    );
    const dims = [...q.dims.slice(0, 3), k.dims[2]];
    const parts = [
      ...(c.has(3) ? [c.inputType(3) === 'bool' ? hiddenWhere(e, c.input(3)) : c.input(3)] : []),
      ...(c.int('is_causal', 0) ? [causalBias(e, dims[2], dims[3])] : []),
    ];
    const bias = parts.length > 0 ? parts.reduce((a, b) => e.add(a, b)) : undefined;
    const scale = c.float('scale', 1 / Math.sqrt(q.dims[3]));
    const g = headsOf(e, c.g, c.outputDims(0), queries).value;
    const towards = attentionCotangents(e, g, { q: q.value, k: k.value, v: v.value, scale, bias });
    return [
      q.back(towards.q),
      k.back(towards.k),
      v.back(towards.v),
      c.wants(3) ? e.sumTo(towards.bias, dims, c.inputDims(3)) : null,
    ];
  },
};

function refuseVariants(c: Context): void {
  if (c.cotangent(1) ?? c.cotangent(2) ?? c.cotangent(3)) c.unsupported('outputs after the first are used');
  if (c.has(4) || c.has(5)) c.unsupported('past_key and past_value');
  if (c.has(6)) c.unsupported('nonpad_kv_seqlen');
  if (c.float('softcap', 0)) c.unsupported('softcap');
}
