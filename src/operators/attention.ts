import type { GraphNode } from '../onnx/model.ts';
import { axisOf, lengthOf, unknownAxes } from './axes.ts';
import type { AxesRule } from './axis-rules.ts';
import type { NodeView, Operator } from './operator.ts';
import { type PlainNodes, plainNodes } from './plain-nodes.ts';

/** softmax(α·Q·Kᵀ + biases)·V for every head; Vaswani et al. 2017, arXiv:1706.03762, § 3.2. */
export interface AttentionOperands {
  /** Names of values [B, N, S, D], [B, N, T, D] and [B, N, T, D′]. */
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly scale: number;
  /** Names of what is added to the scores; broadcast to [B, N, S, T]. */
  readonly biases: readonly string[];
}

/** Appends the nodes of an attention; the result is [B, S, N·D′] if `packed`, and [B, N, S, D′] otherwise. */
export function attention(
  plain: PlainNodes,
  { q, k, v, scale, biases }: AttentionOperands,
  packed: boolean,
  output: string,
): void {
  const { named, op } = plain;
  const scaled = op('Mul', [q, plain.numbers([], [scale])], named('scaled queries'));
  const keys = op('Transpose', [k], named('transposed keys'), { perm: [0, 1, 3, 2] });
  const products = op('MatMul', [scaled, keys], named('products'));
  const scores = biases.reduce((sum, bias, i) => op('Add', [sum, bias], named(`scores ${i}`)), products);
  const weights = op('Softmax', [scores], named('probabilities'), { axis: 3 });
  const heads = op('MatMul', [weights, v], packed ? named('heads') : output);
  if (!packed) return;
  const last = op('Transpose', [heads], named('heads last'), { perm: [0, 2, 1, 3] });
  op('Reshape', [last, plain.ints([0, 0, -1])], output);
}

/** Splits [B, S, N·D] into heads: [B, N, S, D]. */
export function inHeads(
  { named, op, ints }: PlainNodes,
  value: string,
  count: number,
  output: string,
): string {
  const apart = op('Reshape', [value, ints([0, 0, count, -1])], named(`${output} apart`));
  return op('Transpose', [apart], output, { perm: [0, 2, 1, 3] });
}

/** A score that a softmax ignores, also in half precision. */
const HIDDEN = -6e4;

/** 0 where a boolean mask is true, effectively −∞ where it is false. */
export const hiddenWhere = (plain: PlainNodes, seen: string, hidden: number = HIDDEN): string =>
  plain.op('Where', [seen, plain.numbers([], [0]), plain.numbers([], [hidden])], plain.named('mask'));

/** Hides all later positions from each of `s` positions. */
export const causalBias = (plain: PlainNodes, s: number, t: number): string =>
  plain.numbers(
    [s, t],
    Array.from({ length: s * t }, (_, at) => (at % t > Math.floor(at / t) ? HIDDEN : 0)),
  );

/** Queries determine the positions, values the channels: [B, S, N·D] or [B, N, S, D]. */
export const attentionAxes: AxesRule = ({ axes: [q, , v], dims }) => {
  if (q?.length !== dims.length) return unknownAxes(dims);
  const width = dims[dims.length - 1];
  const last = v?.length === dims.length ? v[v.length - 1] : undefined;
  const channels = last && lengthOf(last) === width ? last : axisOf('channel', width);
  return [...q.slice(0, -1), channels];
};

/** https://onnx.ai/onnx/operators/onnx__Attention.html */
export const ATTENTION: Operator = { axes: attentionAxes, fusedAttention: true, parts: partsOf };

function partsOf(c: NodeView): readonly GraphNode[] | string {
  const { inputs, outputs } = c.node;
  if (c.has(4) || c.has(5)) return 'past_key and past_value';
  if (c.has(6)) return 'nonpad_kv_seqlen';
  if (c.float('softcap', 0)) return 'softcap';
  if (outputs[3]) return 'qk_matmul_output';
  const plain = plainNodes(c.node, c.inputType(0));
  const packed = c.inputDims(0).length === 3;
  const [queries, keys] = packed
    ? [c.int('q_num_heads', 1), c.int('kv_num_heads', 1)]
    : [c.inputDims(0)[1], c.inputDims(1)[1]];
  const widthOf = (index: number, heads: number) => c.inputDims(index).at(-1)! / (packed ? heads : 1);
  const headsOf = (index: number, count: number, part: string): string => {
    // present_key and present_value, if they are outputs
    const given = index > 0 ? outputs[index] : undefined;
    if (packed) return inHeads(plain, inputs[index], count, given || plain.named(part));
    return given ? plain.op('Identity', [inputs[index]], given) : inputs[index];
  };
  const [length, total] = [0, 1].map((index) => c.inputDims(index).at(packed ? 1 : 2)!);
  const q = headsOf(0, queries, 'queries');
  const [k, v] = (['keys', 'values'] as const).map((part, i) => {
    const heads = headsOf(i + 1, keys, part);
    return queries === keys
      ? heads
      : repeatedHeads(plain, heads, { queries, keys, width: widthOf(i + 1, keys) }, part);
  });
  const mask = !c.has(3) ? [] : [c.inputType(3) === 'bool' ? hiddenWhere(plain, inputs[3]) : inputs[3]];
  const causal = c.int('is_causal', 0) ? [causalBias(plain, length, total)] : [];
  const scale = c.float('scale', 1 / Math.sqrt(widthOf(0, queries)));
  attention(plain, { q, k, v, scale, biases: [...mask, ...causal] }, packed, outputs[0]);
  return plain.nodes;
}

/** Repeats every head: grouped-query attention (Ainslie et al. 2023, arXiv:2305.13245). */
function repeatedHeads(
  { named, op, ints }: PlainNodes,
  heads: string,
  { queries, keys, width }: Readonly<Record<'queries' | 'keys' | 'width', number>>,
  part: string,
): string {
  const apart = op('Unsqueeze', [heads, ints([2])], named(`${part} apart`));
  const groups = op('Expand', [apart, ints([1, 1, queries / keys, 1, 1])], named(`${part} of groups`));
  return op('Reshape', [groups, ints([0, queries, -1, width])], named(`repeated ${part}`));
}
