import { needsOf } from '../onnx/flow.ts';
import type { GraphNode, Initializer, Model } from '../onnx/model.ts';
import { axisOf, type Factor, type TracedAxes } from '../operators/axes.ts';
import { OPERATORS } from '../operators/index.ts';
import type { Layout } from './layout.ts';

/** What an input holds: a signal [N, C, L], an image [N, C, H, W], a volume [N, C, D, H, W] or video [N, T, C, H, W]. */
export type InputForm = 'signal' | 'image' | 'volume';

/** Order of an input's channels and space. */
export interface InputLayout extends Layout {
  readonly form: InputForm;
  readonly axes: TracedAxes;
}

/** Possible axes of the channels by number of axes, the usual one first. */
const CHANNEL_AXES: Readonly<Record<number, readonly number[]>> = { 3: [1, 2], 4: [1, 3], 5: [1, 4, 2] };

/**
 * Layout of a model's input at a size: channels first or last, or in each frame of a video. The channels are as many as
 * the first learned operator takes; if that does not tell, as many as a picture has. Undefined for other inputs.
 */
export function layoutOfInput(
  model: Model,
  input: string,
  dims: readonly number[] | undefined,
): InputLayout | undefined {
  const usual = CHANNEL_AXES[dims?.length ?? 0];
  if (!dims || !usual || (dims.length !== 4 && dims[0] !== 1)) return undefined;
  const first = firstLearned(model, input);
  // A spectrogram [N, H, W], whose channel the model adds itself.
  if (dims.length === 3 && first?.window === 2 && first.channels === 1 && !dims.includes(1, 1))
    return layoutWith(dims, undefined);
  return layoutWith(dims, channelAxis(dims, first, usual));
}

function channelAxis(
  dims: readonly number[],
  first: FirstLearned | undefined,
  usual: readonly number[],
): number {
  const fitting = usual.filter((axis) => dims[axis] === first?.channels);
  if (fitting.length === 1) return fitting[0];
  const possible = fitting.length > 0 ? fitting : usual;
  // Two-dimensional convolutions see the frames of a video one by one.
  const order = dims.length === 5 && first?.window === 2 ? [2, 1, 4] : usual;
  const axes = order.filter((axis) => possible.includes(axis));
  const withAsMany = (counts: readonly number[]) => axes.find((axis) => counts.includes(dims[axis]));
  if (dims.length > 3) return withAsMany([1, 3]) ?? axes[0];
  return axes[first?.window === 0 ? axes.length - 1 : 0];
}

/** Space in the order of its axes, by number of axes. */
const SPACE: Readonly<Record<number, readonly [InputForm, ...Factor['of'][]]>> = {
  1: ['signal', 'column'],
  2: ['image', 'row', 'column'],
  3: ['volume', 'slice', 'row', 'column'],
};

function layoutWith(dims: readonly number[], channelAxis: number | undefined): InputLayout {
  const spatial = dims.flatMap((_, axis) => (axis > 0 && axis !== channelAxis ? [axis] : []));
  const [form, ...names] = SPACE[spatial.length];
  const sizes = spatial.map((axis) => dims[axis]);
  const [width, height = 1, depth] = sizes.toReversed();
  const kind = channelAxis === dims.length - 1 ? 'nhwc' : channelAxis === 2 ? 'frames' : 'nchw';
  return {
    kind,
    channels: channelAxis === undefined ? 1 : dims[channelAxis],
    ...(depth !== undefined && { depth }),
    height,
    width,
    prefix: 0,
    form,
    axes: dims.map((size, axis) =>
      axis === 0 ? [] : axisOf(axis === channelAxis ? 'channel' : names[spatial.indexOf(axis)], size),
    ),
  };
}

/** The first operator with learned weights after the input. */
interface FirstLearned {
  /** Channels it takes. */
  readonly channels: number;
  /** Number of axes that its window slides over; 0 for a matrix or a recurrent operator, which takes channels last. */
  readonly window: number;
}

const FIRST_LEARNED = new WeakMap<Model, Map<string, FirstLearned | undefined>>();

function firstLearned(model: Model, input: string): FirstLearned | undefined {
  const known = FIRST_LEARNED.get(model) ?? new Map<string, FirstLearned | undefined>();
  FIRST_LEARNED.set(model, known);
  if (!known.has(input)) known.set(input, findFirstLearned(model, input));
  return known.get(input);
}

function findFirstLearned(model: Model, input: string): FirstLearned | undefined {
  const moving = new Set([input]);
  for (const node of model.graph.nodes) {
    if (!needsOf(node).some((name) => moving.has(name))) continue;
    const found = learned(model, node, moving);
    if (found) return found;
    node.outputs.forEach((name) => moving.add(name));
  }
  return undefined;
}

function learned(model: Model, node: GraphNode, moving: ReadonlySet<string>): FirstLearned | undefined {
  const own = OPERATORS.get(node.op);
  const row = OPERATORS.get(own?.plain?.op ?? '') ?? own;
  if (!row?.weighs && !row?.recurs) return undefined;
  const weights = node.inputs
    .flatMap((name) => (moving.has(name) ? [] : (weightOf(model, name) ?? [])))
    .find(({ dims }) => dims.length > 1);
  if (!weights) return undefined;
  const { dims } = weights;
  if (row.recurs) return { channels: dims[2], window: 0 };
  const group = node.attributes.get('group');
  if (row.weighs === 'window')
    return { channels: dims[1] * (typeof group === 'number' ? group : 1), window: dims.length - 2 };
  if (row.weighs === 'transposed-window') return { channels: dims[0], window: dims.length - 2 };
  const turned = node.attributes.get('transB') === 1;
  return { channels: dims[turned ? 1 : dims.length - 2], window: 0 };
}

/** The weights of that name, also where they are dequantized or converted first. */
function weightOf({ graph }: Model, name: string): Initializer | undefined {
  const own = graph.initializers.get(name);
  if (own) return own;
  const node = graph.nodes.find(({ outputs }) => outputs.includes(name));
  return node && graph.initializers.get(node.inputs[0]);
}
