import { dataTypeCode } from '../onnx/data-type.ts';
import type { GraphNode } from '../onnx/model.ts';
import { attention, attentionAxes, causalBias, hiddenWhere, inHeads } from './attention.ts';
import { lastAxisNew, lost } from './axis-rules.ts';
import { NO_RULE } from './no-gradient.ts';
import type { NodeView, Operator } from './operator.ts';
import { type PlainNodes, plainNodes } from './plain-nodes.ts';

const withoutRule: Operator = { axes: lost, fusedAttention: true, barrier: NO_RULE };

/** Attention as onnxruntime's optimizer fuses it: https://onnxruntime.ai/docs/reference/operators/ContribOperators.html */
export const FUSED_ATTENTION: Readonly<Record<string, Operator>> = {
  'com.microsoft.MultiHeadAttention': {
    axes: attentionAxes,
    fusedAttention: true,
    parts: multiHeadAttention,
  },

  // includes the projections to Q, K and V
  'com.microsoft.Attention': { axes: lastAxisNew, fusedAttention: true, parts: projectedAttention },
  // onnxruntime's dynamic quantization of it
  'com.microsoft.QAttention': { axes: lastAxisNew, fusedAttention: true, parts: quantizedAttention },

  'com.microsoft.GroupQueryAttention': withoutRule,
  'com.microsoft.PackedAttention': withoutRule,
  'com.microsoft.PackedMultiHeadAttention': withoutRule,
  'com.microsoft.QOrderedAttention': withoutRule,
  'com.microsoft.SparseAttention': withoutRule,
  'com.microsoft.DecoderMaskedMultiHeadAttention': withoutRule,
};

function multiHeadAttention(c: NodeView): readonly GraphNode[] | string {
  const { inputs, outputs } = c.node;
  if ([6, 7, 8, 9].some((index) => c.has(index))) return 'past_key and past_value';
  if (outputs[3]) return 'its products are an output';
  if (!c.has(1) || !c.has(2) || c.inputDims(1).length === 5) return 'packed queries, keys and values';
  const mask = unknownMask(c, 4);
  if (mask) return mask;
  const plain = plainNodes(c.node, c.inputType(0));
  const { named, op } = plain;
  const count = c.int('num_heads', 1);
  const inParts = [0, 1, 2].map((index) => c.inputDims(index).length === 4);
  const widths = [0, 1, 2].map((i) => c.inputDims(i).at(-1)! * (inParts[i] ? count : 1));
  const shifts = c.has(3) ? splitInto(plain, inputs[3], widths, 0) : [];
  const [q, k, v] = ['queries', 'keys', 'values'].map((part, i) => {
    const given = i > 0 ? outputs[i] : undefined; // present_key and present_value
    if (inParts[i]) return given ? op('Identity', [inputs[i]], given) : inputs[i];
    const shifted = c.has(3) ? op('Add', [inputs[i], shifts[i]], named(`shifted ${part}`)) : inputs[i];
    return inHeads(plain, shifted, count, given || named(part));
  });
  const total = inParts[1] ? c.inputDims(1)[2] : c.inputDims(1)[1];
  const biases = biasesOf(plain, c, { mask: 4, bias: 5 }, c.inputDims(0)[1], total);
  const scale = scaleOf(c, widths[0] / count);
  attention(plain, { q, k, v, scale, biases }, true, outputs[0]);
  return plain.nodes;
}

function projectedAttention(c: NodeView): readonly GraphNode[] | string {
  const obstacle = unsupportedPart(c, { mask: 3, past: [4, 6] });
  if (obstacle) return obstacle;
  const plain = plainNodes(c.node, c.inputType(0));
  const [x, weights, shift] = c.node.inputs;
  attend(plain, c, { x, weights, shift }, { mask: 3, bias: 5 });
  return plain.nodes;
}

function quantizedAttention(c: NodeView): readonly GraphNode[] | string {
  const obstacle = unsupportedPart(c, { mask: 5, past: [8] });
  if (obstacle) return obstacle;
  const plain = plainNodes(c.node, c.inputType(3));
  const [data, matrix, shift, scale, scales, , zero, zeros] = c.node.inputs;
  const real = (inputs: readonly (string | undefined)[], part: string) =>
    plain.op(
      'com.microsoft.DequantizeLinear',
      inputs.flatMap((name) => name || []),
      plain.named(part),
      { axis: 1 },
    );
  const operands = {
    x: real([data, scale, zero], 'input'),
    weights: real([matrix, scales, zeros], 'weights'),
    shift,
  };
  attend(plain, c, operands, { mask: 5 });
  return plain.nodes;
}

/** Why an attention with projections cannot be read as its parts, if so. */
const unsupportedPart = (
  c: NodeView,
  at: { readonly mask: number; readonly past: readonly number[] },
): string | undefined => {
  if (at.past.some((index) => c.has(index)) || c.node.outputs[1]) return 'past and present';
  if (c.int('do_rotary', 0)) return 'do_rotary';
  return unknownMask(c, at.mask);
};

/** Names of an attention's input [B, S, C], and of the weights and biases of its projections side by side. */
interface Projected {
  readonly x: string;
  readonly weights: string;
  readonly shift: string;
}

/** Positions of what hides or shifts scores in a node's inputs. */
interface ScoreInputs {
  readonly mask: number;
  readonly bias?: number;
}

function attend(plain: PlainNodes, c: NodeView, { x, weights, shift }: Projected, at: ScoreInputs): void {
  const { named, op } = plain;
  const count = c.int('num_heads', 1);
  const total = c.inputDims(1)[1];
  const widths = c.ints('qkv_hidden_sizes') ?? [total / 3, total / 3, total / 3];
  const product = op('MatMul', [x, weights], named('product'));
  const projected = shift ? op('Add', [product, shift], named('projected')) : product;
  const [q, k, v] = splitInto(plain, projected, widths, 2).map((part, i) =>
    inHeads(plain, part, count, named(['queries', 'keys', 'values'][i])),
  );
  const length = c.inputDims(0)[1];
  const biases = biasesOf(plain, c, at, length, length);
  attention(plain, { q, k, v, scale: scaleOf(c, widths[0] / count), biases }, true, c.node.outputs[0]);
}

const scaleOf = (c: NodeView, size: number): number => c.float('scale', 0) || 1 / Math.sqrt(size);

/** Parts of an axis, one after the other. */
function splitInto(
  { named, op, ints }: PlainNodes,
  value: string,
  sizes: readonly number[],
  axis: number,
): string[] {
  const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((sum, size) => sum + size, 0));
  return ends.map((end, i) =>
    op('Slice', [value, ints([end - sizes[i]]), ints([end]), ints([axis])], named(`part ${i}`)),
  );
}

/** Everything added to the scores, from each of `length` positions to `total`. */
function biasesOf(
  plain: PlainNodes,
  c: NodeView,
  at: ScoreInputs,
  length: number,
  total: number,
): readonly string[] {
  const { inputs } = c.node;
  return [
    ...(c.has(at.mask) ? [maskOf(plain, c, at.mask, length, total)] : []),
    ...(at.bias !== undefined && c.has(at.bias) ? [inputs[at.bias]] : []),
    ...(c.int('unidirectional', 0) ? [causalBias(plain, length, total)] : []),
  ];
}

/** Why a mask cannot be read, if so. */
function unknownMask(c: NodeView, index: number): string | undefined {
  if (!c.has(index)) return undefined;
  const dims = c.inputDims(index);
  const [batch] = c.inputDims(0);
  const isKnown = dims.length === 1 ? [batch, 2 * batch].includes(dims[0]) : dims.length < 4;
  return isKnown ? undefined : `its mask has shape [${dims.join(', ')}]`;
}

/**
 * Hides padding: a mask of keys [B, T] or pairs [B, S, T] that is 0 there, or where the keys end, [B], and then start,
 * [2·B].
 */
function maskOf(plain: PlainNodes, c: NodeView, index: number, length: number, total: number): string {
  const { named, op, ints } = plain;
  const mask = c.node.inputs[index];
  const dims = c.inputDims(index);
  const hidden = c.float('mask_filter_value', -1e4);
  if (dims.length > 1) {
    const seen = op('Cast', [mask], named('seen'), { to: dataTypeCode('bool') });
    const shape = dims.length === 2 ? [0, 1, 1, -1] : [0, 1, length, -1];
    return hiddenWhere(plain, op('Reshape', [seen, ints(shape)], named('seen by heads')), hidden);
  }
  const positions = ints(Array.from({ length: total }, (_, at) => at));
  const bounds = op('Cast', [mask], named('bounds'), { to: dataTypeCode('int64') });
  const whole = ints([-1, 1, 1, 1]);
  const isBefore = (bound: string, part: string) =>
    op('Less', [positions, op('Reshape', [bound, whole], named(part))], named(`before ${part}`));
  if (dims[0] === c.inputDims(0)[0]) return hiddenWhere(plain, isBefore(bounds, 'end'), hidden);
  const pairs = op('Reshape', [bounds, ints([2, -1])], named('ends and starts'));
  const [end, start] = ['end', 'start'].map((part, i) =>
    isBefore(op('Gather', [pairs, ints([i])], named(`${part}s`), { axis: 0 }), part),
  );
  const inside = op('And', [end, op('Not', [start], named('after start'))], named('seen'));
  return hiddenWhere(plain, inside, hidden);
}
