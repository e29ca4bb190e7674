import type { Ref } from '../onnx/emitter.ts';
import { attentionAxes, attentionCotangents, causalBias, headsOf, hiddenWhere } from './attention.ts';
import { lastAxisNew, lost } from './axis-rules.ts';
import { NO_RULE } from './no-gradient.ts';
import type { Context, Operator } from './operator.ts';

const withoutRule: Operator = { axes: lost, fusedAttention: true, barrier: NO_RULE };

/** Attention as onnxruntime's optimizer fuses it: https://onnxruntime.ai/docs/reference/operators/ContribOperators.html */
export const FUSED_ATTENTION: Readonly<Record<string, Operator>> = {
  'com.microsoft.MultiHeadAttention': {
    axes: attentionAxes,
    fusedAttention: true,
    vjp: (c) => {
      const { e } = c;
      const extra = c.node.outputs.findIndex((_, index) => index > 0 && c.cotangent(index));
      if (extra > 0) c.unsupported(`output ${extra} is used`);
      if (c.has(6) || c.has(7)) c.unsupported('past_key and past_value');
      const count = c.int('num_heads', 1);
      const widths = [0, 1, 2].map((index) => widthOf(c.inputDims(index)));
      const parts = c.has(3) ? e.split(c.input(3), widths, 0) : [];
      const [q, k, v] = [0, 1, 2].map((index) => {
        const shifted = parts.length > 0 ? e.add(c.input(index), parts[index]) : c.input(index);
        return headsOf(e, shifted, c.inputDims(index), count);
      });
      const bias = sum(c, [
        c.has(4) ? padding(c, 4) : undefined,
        c.has(5) ? c.input(5) : undefined,
        c.int('unidirectional', 0) ? causalBias(e, q.dims[2], k.dims[2]) : undefined,
      ]);
      const g = headsOf(e, c.g, c.outputDims(0), count).value;
      const scale = scaleOf(c, q.dims[3]);
      const towards = attentionCotangents(e, g, { q: q.value, k: k.value, v: v.value, scale, bias });
      const back = [q.back(towards.q), k.back(towards.k), v.back(towards.v)];
      const scores = [...q.dims.slice(0, 3), k.dims[2]];
      return [
        ...back,
        c.wants(3)
          ? e.concat(
              back.map((part) => e.reduceSum(part, [0, 1], false)),
              0,
            )
          : null,
        null,
        c.wants(5) ? e.sumTo(towards.bias, scores, c.inputDims(5)) : null,
      ];
    },
  },

  // includes the projections to Q, K and V
  'com.microsoft.Attention': {
    axes: lastAxisNew,
    fusedAttention: true,
    vjp: (c) => {
      const { e } = c;
      if (c.cotangent(1) || c.has(4)) c.unsupported('past and present');
      const count = c.int('num_heads', 1);
      const [batch, length, width] = c.inputDims(0);
      const total = c.inputDims(1)[1];
      const widths = c.ints('qkv_hidden_sizes') ?? [total / 3, total / 3, total / 3];
      const projected = e.add(e.matmul(c.x, c.input(1)), c.input(2));
      const parts = e.split(projected, widths, 2);
      const [q, k, v] = parts.map((part, i) => headsOf(e, part, [batch, length, widths[i]], count));
      const bias = sum(c, [
        c.has(3) ? padding(c, 3) : undefined,
        c.has(5) ? c.input(5) : undefined,
        c.int('unidirectional', 0) ? causalBias(e, length, length) : undefined,
      ]);
      const g = headsOf(e, c.g, c.outputDims(0), count).value;
      const scale = scaleOf(c, q.dims[3]);
      const towards = attentionCotangents(e, g, { q: q.value, k: k.value, v: v.value, scale, bias });
      const back = e.concat([q.back(towards.q), k.back(towards.k), v.back(towards.v)], 2);
      const rows = (value: Ref, size: number) => e.reshape(value, [batch * length, size]);
      return [
        e.matmul(back, c.input(1), { transB: true }),
        c.wants(1) ? e.matmul(rows(c.x, width), rows(back, total), { transA: true }) : null,
        c.wants(2) ? e.reduceSum(back, [0, 1], false) : null,
        null,
        null,
        c.wants(5) ? e.sumTo(towards.bias, [batch, count, length, length], c.inputDims(5)) : null,
      ];
    },
  },

  'com.microsoft.GroupQueryAttention': withoutRule,
  'com.microsoft.PackedAttention': withoutRule,
  'com.microsoft.PackedMultiHeadAttention': withoutRule,
  'com.microsoft.QOrderedAttention': withoutRule,
  'com.microsoft.SparseAttention': withoutRule,
  'com.microsoft.DecoderMaskedMultiHeadAttention': withoutRule,
};

const widthOf = (dims: readonly number[]): number => (dims.length === 4 ? dims[1] * dims[3] : dims[2]);

const scaleOf = (c: Context, size: number): number => c.float('scale', 0) || 1 / Math.sqrt(size);

const sum = ({ e }: Context, parts: readonly (Ref | undefined)[]): Ref | undefined => {
  const given = parts.filter((part) => part !== undefined);
  return given.length > 0 ? given.reduce((a, b) => e.add(a, b)) : undefined;
};

/** A mask of keys [B, T] or pairs [B, S, T], 0 for padding. */
function padding(c: Context, index: number): Ref {
  const { e } = c;
  const dims = c.inputDims(index);
  if (dims.length !== 2 && dims.length !== 3) c.unsupported(`its mask has shape [${dims.join(', ')}]`);
  const shape = dims.length === 2 ? [dims[0], 1, 1, dims[1]] : [dims[0], 1, ...dims.slice(1)];
  return hiddenWhere(e, e.reshape(e.cast(c.input(index), 'bool'), shape));
}
