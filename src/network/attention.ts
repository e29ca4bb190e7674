import { CamError } from '../errors.ts';
import { extentOf } from '../kernels/index.ts';
import type { GraphNode } from '../onnx/model.ts';
import { OPERATORS } from '../operators/index.ts';
import type { TokenGrid } from './axes.ts';
import type { Layer } from './layers.ts';
import type { GradientPlan, Network } from './network.ts';

/** A self-attention over all tokens of the image. */
export interface AttentionLayer {
  /** Name of the probabilities, [1, heads, N, N] or [heads, N, N]. */
  readonly probabilities: string;
  readonly heads: number;
  /** Name of the tokens [1, N, D] after the block; undefined if not found. */
  readonly tokens: string | undefined;
}

export interface Attention {
  readonly layers: readonly AttentionLayer[];
  readonly count: number;
  readonly grid: TokenGrid;
}

/**
 * The self-attention layers of a transformer, in execution order.
 * @throws {CamError} UNSUPPORTED_MODEL when none covers a grid of tokens, or fused ones hide their probabilities.
 */
export function attentionOf(
  network: Network,
  layers: readonly Layer[],
  input: string,
  output: string,
): Attention {
  const { flow, facts } = network;
  const path = flow.upstream([output]);
  const reached = flow.downstream([input]);
  const grids = new Map(
    layers.flatMap(({ name, layout }) => {
      const dims = facts.dims.get(name)!;
      const isTokens = layout.kind === 'tokens' || (layout.kind === 'nhwc' && dims.length === 3);
      return isTokens ? [[dims[1], { ...extentOf(layout), prefix: layout.prefix }] as const] : [];
    }),
  );
  const found = path.flatMap((node, index) => {
    const dims = node.op === 'Softmax' ? facts.dims.get(node.outputs[0])! : [];
    const [heads, queries, keys] = dims.slice(-3);
    const own = dims.length === 3 || (dims.length === 4 && dims[0] === 1);
    const known = own && reached.has(node.outputs[0]) && queries === keys && grids.has(keys);
    return known ? [{ index, probabilities: node.outputs[0], heads, count: keys }] : [];
  });
  const count = found.at(-1)?.count;
  if (count === undefined) throw noAttention(path);
  const same = found.filter((one) => one.count === count);
  return {
    layers: same.map(({ index, probabilities, heads }, l) => ({
      probabilities,
      heads,
      tokens: residual(network, path.slice(index, same[l + 1]?.index), count, reached),
    })),
    count,
    grid: grids.get(count)!,
  };
}

function noAttention(path: readonly GraphNode[]): CamError {
  const fused = path.find(({ op }) => OPERATORS.get(op)?.fusedAttention);
  return new CamError(
    'UNSUPPORTED_MODEL',
    fused
      ? `The node "${fused.name || fused.outputs[0]}" (${fused.op}) hides its attention probabilities. Export the model without fused attention, or use gradcam or layercam.`
      : 'This model has no self-attention over the tokens of one image. The method is for vision transformers. Use gradcam or layercam.',
  );
}

/** The block's residual stream: the last sum of two values in the tokens' shape before the next attention. */
function residual(
  { facts }: Network,
  nodes: readonly GraphNode[],
  count: number,
  reached: ReadonlySet<string>,
): string | undefined {
  const last = nodes.findLast(({ op, inputs, outputs }) => {
    const [images, tokens, ...rest] = facts.dims.get(outputs[0]) ?? [];
    const isTokens = images === 1 && tokens === count && rest.length === 1;
    return op === 'Add' && isTokens && inputs.every((name) => reached.has(name));
  });
  return last?.outputs[0];
}

/**
 * The gradient of the tokens after an attention block with respect to its probabilities.
 * @throws {CamError} UNSUPPORTED_MODEL when the block's tokens were not found.
 */
export function attentionPlan({ probabilities, tokens }: AttentionLayer): GradientPlan & { output: string } {
  if (tokens !== undefined) return { output: tokens, wrt: [probabilities], rectifier: 'plain' };
  throw new CamError(
    'UNSUPPORTED_MODEL',
    `No residual sum follows the attention "${probabilities}", so it has no separate score. Use rollout, gradcam or layercam.`,
  );
}
