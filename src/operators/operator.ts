import { InternalError } from '../errors.ts';
import type { DataType } from '../onnx/data-type.ts';
import type { Emitter, Ref } from '../onnx/emitter.ts';
import type { Attribute, GraphNode } from '../onnx/model.ts';
import { type AxesRule, elementwise } from './axis-rules.ts';

/** Cotangent of one input; null or undefined: nothing flows there. */
export type Cotangent = Ref | null | undefined;

/**
 * A vector-Jacobian product: given the cotangent g = ∂s/∂y of a node's output, emits ∂s/∂x. One cotangent per input, in
 * order; a single one is the first input's. Reading a forward value from the context is what saves it.
 */
export type Vjp = (c: Context) => Cotangent | readonly Cotangent[];

/** One row of the table: all that camwasm knows about an operator. */
export type Operator = Gradient & Roles;

/** The gradient of an operator: exactly one of three. */
type Gradient =
  | { readonly vjp: Vjp; readonly zeroGradient?: undefined; readonly barrier?: undefined }
  /** The output is constant, or changes in steps, as the inputs move: nothing flows back. */
  | { readonly zeroGradient: true; readonly vjp?: undefined; readonly barrier?: undefined }
  /** No gradient passes. Why: "it chooses boxes". */
  | { readonly barrier: string; readonly vjp?: undefined; readonly zeroGradient?: undefined };

export interface Roles {
  /** What the axes of an output count, given what those of the inputs count. */
  readonly axes: AxesRule;
  /** Positions of inputs whose contents must be known while a graph is built (`NodeView.value`). */
  readonly reads?: readonly number[];
  /** The vjp gives cotangents in the output's shape: the driver sums them down to the shapes of broadcast inputs. */
  readonly broadcast?: true;
  /** Linear on either side of a kink: away from it, the second derivative is zero. */
  readonly kinked?: true;
  /** Changes the element type: no gradient where that leaves the real numbers. */
  readonly casts?: true;
  /** How a node of constants moves into the backward graph; absent where it cannot. */
  readonly foldable?: Foldable;
  /**
   * Passes its input on and makes no features: unchanged, in another shape, in another order of axes, or with another
   * extent (padded, pooled).
   */
  readonly passes?: 'value' | 'shape' | 'order' | 'extent';
  /** Clamps its input: at the end of a model, a guard. */
  readonly bounds?: true;
  /** Makes features of its first input and of weights. */
  readonly weighs?: 'window' | 'transposed-window' | 'matrix';
  /** How a linear layer of one matrix stores it. */
  readonly linear?: (n: NodeView) => LinearWeights;
  /** What is added to each channel, where that is constant (Srinivas & Fleuret 2019, arXiv:1905.00780, sec. 3.2). */
  readonly bias?: (n: NodeView) => ArrayLike<number> | undefined;
  /** Whether the node gives all positions that it combines the same weight, and omits none. */
  readonly averages?: (n: NodeView) => boolean;
  /** Makes probabilities of logits. */
  readonly link?: Link;
  /** Gives the logarithms of these probabilities. */
  readonly logarithm?: true;
  readonly normalizes?: true;
  /** The last axis counts channels, and in three axes the one before it tokens. */
  readonly channelsLast?: true;
  /** Attention in one node, which keeps its probabilities to itself. */
  readonly fusedAttention?: true;
  /** A product in which attention weights meet the values that they weigh. */
  readonly product?: true;
  /** Masks, scales or mixes attention weights on their way to the values. */
  readonly carriesAttention?: true;
  /** An activation that fused operators end with: the names of its numbers in `activation_params`. */
  readonly activation?: readonly string[];
  /** Its vjp by the output alone, where its own needs the input: a fused operator does not have it. */
  readonly vjpByOutput?: Vjp;
  /** Its results are lists of tensors, which have no shape. */
  readonly lists?: true;
}

/** What makes probabilities of logits: Softmax over the classes, or Sigmoid of each class by itself. */
export type Link = 'softmax' | 'sigmoid';

export interface LinearWeights {
  /** Whether the matrix is [outputs, inputs]. */
  readonly outputsFirst: boolean;
  readonly scale: number;
}

/** How far a node of the model means the same at the opset of the backward graph. */
export interface Foldable {
  /** First version of the operator set that writes the operator as the backward graph's does. */
  readonly since: number;
  /** Attributes that the backward graph's version knows. */
  readonly attributes?: readonly string[];
  /** Element types that the backward graph's version takes. */
  readonly types?: readonly DataType[];
  /** Rewrites the node where a copy would not do. */
  readonly emit?: (e: Emitter, node: GraphNode) => Ref;
}

/** One node as its roles see it: attributes, shapes, and contents that do not depend on the image. */
export interface NodeView {
  readonly node: GraphNode;
  /** Version of the operator set that the node's operator belongs to. */
  readonly opset: number;
  /** Whether the optional input is there. */
  has(index: number): boolean;
  inputDims(index: number): readonly number[];
  outputDims(index: number): readonly number[];
  /** Element types in the model. */
  inputType(index: number): DataType;
  outputType(index: number): DataType;
  /** Contents of a small input listed in `reads`. */
  value(index: number): readonly number[];
  /** Contents of a constant input; undefined where they may change from run to run or must be computed. */
  constant(index: number): readonly number[] | undefined;
  int(name: string, otherwise: number): number;
  float(name: string, otherwise: number): number;
  ints(name: string): readonly number[] | undefined;
  text(name: string, otherwise: string): string;
  attribute(name: string): Attribute | undefined;
}

/** What a context is made of. */
export interface ContextSource extends NodeView {
  /** Appends nodes to the backward graph. */
  readonly e: Emitter;
  /** Cotangent of the first output: `g`. */
  gradient(): Ref;
  /** Values are refs in the backward graph: float32 where the model has floats or quantized numbers. */
  input(index: number): Ref;
  output(index: number): Ref;
  /** An input in the model's own type, such as packed bytes. */
  raw(index: number): Ref;
  /** Cotangent of any output; undefined where nothing flows back. */
  cotangent(index: number): Ref | undefined;
  /** Whether this input needs a cotangent. */
  wants(index: number): boolean;
  /** The rule that replaces an operator's own on this pass (guided backpropagation): fused operators use it too. */
  replaced(op: string): Vjp | undefined;
  /** Stops with an error that names the node and the obstacle: `mode "tf_crop_and_resize"`. */
  unsupported(what: string): never;
}

/** One node as its vjp sees it. */
export interface Context extends ContextSource {
  /** Cotangent of the first output. */
  readonly g: Ref;
  /** The first input and the first output, as the forward pass computed them. */
  readonly x: Ref;
  readonly y: Ref;
  /** The same node with parts replaced: as one of the plain operators that a fused operator is made of. */
  as(changes: Partial<ContextSource>): Context;
}

export const contextFrom = (source: ContextSource): Context => ({
  ...source,
  get g() {
    return source.gradient();
  },
  get x() {
    return source.input(0);
  },
  get y() {
    return source.output(0);
  },
  as: (changes) => contextFrom({ ...source, ...changes }),
});

/** An operator of one input, position by position. */
export const unary = (vjp: (c: Context) => Cotangent, roles?: Partial<Roles>): Operator => ({
  vjp,
  axes: elementwise,
  ...roles,
});

/** An operator of several inputs that broadcast to one shape. */
export const broadcasting = (vjp: Vjp, roles?: Partial<Roles>): Operator => ({
  vjp,
  axes: elementwise,
  broadcast: true,
  ...roles,
});

/** The first input's cotangent, of a rule that always gives one. */
export function onlyCotangent(result: ReturnType<Vjp>): Ref {
  const [first] = [result].flat();
  if (typeof first !== 'string') throw new InternalError('A rule gave no cotangent.');
  return first;
}
