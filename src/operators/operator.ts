import type { DataType } from '../onnx/data-type.ts';
import type { Emitter, Ref } from '../onnx/emitter.ts';
import type { Attribute, GraphNode } from '../onnx/model.ts';
import { type AxesRule, elementwise } from './axis-rules.ts';
import { broadcast, likeFirst, type ShapeRule } from './shape-rules.ts';

/** Cotangent of an input; null or undefined if zero. */
export type Cotangent = Ref | null | undefined;

/**
 * A vector-Jacobian product: emits ∂s/∂x from the cotangent g = ∂s/∂y of a node's output. Returns one cotangent per
 * input, in order; a single one belongs to the first input. Reading a forward value from the context saves it.
 */
export type Vjp = (c: Context) => Cotangent | readonly Cotangent[];

/** A row of the operator table: everything camwasm knows about an operator. */
export type Operator = Gradient & Roles;

/** The gradient of an operator, one of four kinds. */
type Gradient =
  | {
      readonly vjp: Vjp;
      readonly zeroGradient?: undefined;
      readonly barrier?: undefined;
      readonly parts?: undefined;
    }
  /**
   * Read as the plain operators that it fuses: the gradient and all roles are theirs. A text says which feature prevents
   * that: "past_key and past_value".
   */
  | {
      readonly parts: (n: NodeView) => readonly GraphNode[] | string;
      readonly vjp?: undefined;
      readonly zeroGradient?: undefined;
      readonly barrier?: undefined;
    }
  /** The output is constant or piecewise constant in the inputs: the gradient is zero. */
  | {
      readonly zeroGradient: true;
      readonly vjp?: undefined;
      readonly barrier?: undefined;
      readonly parts?: undefined;
    }
  /** No gradient exists. The reason: "it selects boxes". */
  | {
      readonly barrier: string;
      readonly vjp?: undefined;
      readonly zeroGradient?: undefined;
      readonly parts?: undefined;
    };

export interface Roles {
  /** Meaning of an output's axes, from those of the inputs. */
  readonly axes: AxesRule;
  /** Dimensions of its only output; without a rule, the runtime tells. */
  readonly shape?: ShapeRule;
  /** Position of the input that has the output's element type, if not the first, or the type. */
  readonly elementType?: number | ((c: NodeView) => DataType);
  /** Positions of inputs whose contents are needed to build a graph (`NodeView.value`). */
  readonly reads?: readonly number[];
  /** The vjp returns cotangents in the output's shape, which the driver sums to the shapes of broadcast inputs. */
  readonly broadcast?: true;
  /** Linear on both sides of a kink: elsewhere the second derivative is zero. */
  readonly kinked?: true;
  /** Changes the element type: no gradient to or from integers. */
  readonly casts?: true;
  /** How a constant node moves into the backward graph; absent if it cannot. */
  readonly foldable?: Foldable;
  /**
   * Passes its input on without creating features: unchanged, reshaped, with axes reordered, or with another extent
   * (padded, pooled).
   */
  readonly passes?: 'value' | 'shape' | 'order' | 'extent';
  /** The plain operator that this one computes on quantized values. */
  readonly plain?: PlainForm;
  /** Positions of the inputs that say what the numbers of a quantized result stand for. */
  readonly result?: (n: NodeView) => ResultScale | undefined;
  /** Rounds its input to steps, or restores the numbers that the steps stand for. */
  readonly rounds?: true;
  /** Interpolates between positions. */
  readonly resamples?: true;
  /** Clamps its input: at the end of a model, a safeguard. */
  readonly bounds?: true;
  /** Computes features from its first input and weights. */
  readonly weighs?: 'window' | 'transposed-window' | 'matrix';
  /** How a linear layer stores its matrix. */
  readonly linear?: (n: NodeView) => LinearWeights;
  /** The constant added to each channel, if any (Srinivas & Fleuret 2019, arXiv:1905.00780, sec. 3.2). */
  readonly bias?: (n: NodeView) => ArrayLike<number> | undefined;
  /** Whether the node weights all positions equally and omits none. */
  readonly averages?: (n: NodeView) => boolean;
  /** Positions of inputs that get no gradient although they are real: the regions of RoiAlign. */
  readonly detached?: readonly number[];
  /** Takes positions of its first input: for each axis, those of an output in order, or undefined for all. */
  readonly takes?: (n: NodeView, output: number) => readonly (readonly number[] | undefined)[];
  /** Carries a state from position to position, so that each depends on all before it. */
  readonly recurs?: true;
  /** Picks classes from the scores in its first input. */
  readonly picks?: true;
  /** Its output's size depends on contents, not only on shapes. */
  readonly sizedByContents?: true;
  /** Turns logits into probabilities. */
  readonly link?: Link;
  /** Returns log probabilities. */
  readonly logarithm?: true;
  readonly normalizes?: true;
  /** The last axis is channels, and in three axes the one before it tokens. */
  readonly channelsLast?: true;
  /** Attention in one node, with hidden probabilities. */
  readonly fusedAttention?: true;
  /** A product in which attention weights meet the values. */
  readonly product?: true;
  /** Masks, scales or mixes attention weights before they meet the values. */
  readonly carriesAttention?: true;
  /** An activation at the end of fused operators: names of its parameters in `activation_params`. */
  readonly activation?: readonly string[];
  /** Draws random numbers: not constant even without inputs that vary. */
  readonly random?: true;
  /** Its results are lists of tensors, without a shape. */
  readonly lists?: true;
}

/** Link from logits to probabilities: Softmax over the classes, or a separate Sigmoid for each class. */
export type Link = 'softmax' | 'sigmoid';

export interface LinearWeights {
  /** Whether the matrix is [outputs, inputs]. */
  readonly outputsFirst: boolean;
  readonly scale: number;
}

/** Positions of a quantized tensor and its parameters in a node's inputs: x = scale·(q − zero). */
export interface QuantizedInput {
  readonly data: number;
  /** Omitted: 1. */
  readonly scale?: number;
  /** Omitted: 0. */
  readonly zero?: number;
  /** Axis of a scale or zero point with several numbers. Default: the last. */
  readonly axis?: number;
}

/** Positions of the parameters of a quantized result. */
export type ResultScale = Omit<QuantizedInput, 'data'>;

export interface PlainForm {
  readonly op: string;
  /** Where the plain operator's inputs are. */
  readonly operands: (n: NodeView) => readonly QuantizedInput[];
}

/** How far a model's node keeps its meaning at the backward graph's opset. */
export interface Foldable {
  /** First opset version with the backward graph's form of the operator. */
  readonly since: number;
  /** Attributes supported by the backward graph's version. */
  readonly attributes?: readonly string[];
  /** Element types supported by the backward graph's version. */
  readonly types?: readonly DataType[];
  /** Rewrites the node if a copy is not enough. */
  readonly emit?: (e: Emitter, node: GraphNode) => Ref;
}

/** A node as seen by its roles: attributes, shapes, and contents independent of the image. */
export interface NodeView {
  readonly node: GraphNode;
  /** Opset version of the node's operator. */
  readonly opset: number;
  /** Opset version of ONNX's own operators in the model. */
  readonly onnxOpset: number;
  /** Whether an optional input is present. */
  has(index: number): boolean;
  inputDims(index: number): readonly number[];
  outputDims(index: number): readonly number[];
  /** Element types in the model. */
  inputType(index: number): DataType;
  outputType(index: number): DataType;
  /** Contents of a small input listed in `reads`. */
  value(index: number): readonly number[];
  /** Contents of a constant input; undefined if they may change between runs, or if it is computed and not a vector. */
  constant(index: number): readonly number[] | undefined;
  int(name: string, otherwise: number): number;
  float(name: string, otherwise: number): number;
  ints(name: string): readonly number[] | undefined;
  text(name: string, otherwise: string): string;
  attribute(name: string): Attribute | undefined;
}

/** Source of a context. */
export interface ContextSource extends NodeView {
  /** Appends nodes to the backward graph. */
  readonly e: Emitter;
  /** Cotangent of the first output: `g`. */
  gradient(): Ref;
  /** Values are refs in the backward graph, float32 for the model's floats and quantized numbers. */
  input(index: number): Ref;
  output(index: number): Ref;
  /** An input in the model's type, such as packed bytes. */
  raw(index: number): Ref;
  /** Cotangent of any output; undefined if zero. */
  cotangent(index: number): Ref | undefined;
  /** Whether the first output is the differentiated value itself. */
  readonly isEnd: boolean;
  /** Whether this input needs a cotangent. */
  wants(index: number): boolean;
  /** Throws an error with the node and the obstacle: `mode "tf_crop_and_resize"`. */
  unsupported(what: string): never;
}

/** A node as seen by its vjp. */
export interface Context extends ContextSource {
  /** Cotangent of the first output. */
  readonly g: Ref;
  /** The first input and the first output, from the forward pass. */
  readonly x: Ref;
  readonly y: Ref;
  /** The same node with parts replaced, such as one of the plain operators in a fused one. */
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

/** An elementwise operator of one input. */
export const unary = (vjp: (c: Context) => Cotangent, roles?: Partial<Roles>): Operator => ({
  vjp,
  axes: elementwise,
  shape: likeFirst,
  ...roles,
});

/** An operator of several inputs that broadcast to one shape. */
export const broadcasting = (vjp: Vjp, roles?: Partial<Roles>): Operator => ({
  vjp,
  axes: elementwise,
  shape: broadcast,
  broadcast: true,
  ...roles,
});
