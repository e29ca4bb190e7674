import type { DataType } from '../onnx/data-type.ts';
import type { Emitter, Ref } from '../onnx/emitter.ts';
import type { Attribute, Node } from '../onnx/model.ts';

/** Cotangent of one input; null or undefined: nothing flows there. */
export type Cotangent = Ref | null | undefined;

/**
 * A vector-Jacobian product: given the cotangent g = ∂s/∂y of a node's output, emits ∂s/∂x for its inputs.
 * A rule names the forward values in its formula by reading them from the context; reading is what saves them.
 */
export interface Rule {
  /** One cotangent per input, in order; a single one is the first input's. */
  readonly vjp: (c: Context) => Cotangent | readonly Cotangent[];
  /** Positions of inputs whose contents must be known while the graph is built (`c.value`). */
  readonly reads?: readonly number[];
  /** Cotangents come in the output's shape: the driver sums them down to the shapes of broadcast inputs. */
  readonly broadcast?: true;
}

/** What a rule sees of one node. Values are refs in the backward graph, float32 where they are floats or quantised numbers in the model. */
export interface Context {
  readonly node: Node;
  /** Version of the operator set that the node's operator belongs to. */
  readonly opset: number;
  /** Appends nodes to the backward graph. */
  readonly e: Emitter;
  /** Cotangent of the first output. */
  readonly g: Ref;
  /** The first input and the first output, as the forward pass computed them. */
  readonly x: Ref;
  readonly y: Ref;
  input(index: number): Ref;
  output(index: number): Ref;
  /** An input in the model's own type: packed bytes that are no numbers yet. */
  raw(index: number): Ref;
  /** Cotangent of any output; undefined where nothing flows back. */
  cotangent(index: number): Ref | undefined;
  /** Is the optional input or output there? */
  has(index: number): boolean;
  /** Does this input need a cotangent at all? */
  wants(index: number): boolean;
  inputDims(index: number): readonly number[];
  outputDims(index: number): readonly number[];
  /** Element types in the model, whatever the refs are cast to. */
  inputType(index: number): DataType;
  outputType(index: number): DataType;
  /** Contents of a small input listed in `reads`. */
  value(index: number): readonly number[];
  /** Contents of a constant input; undefined where they may change from run to run or are too far away. */
  constant(index: number): readonly number[] | undefined;
  /** The rule that stands in for an operator's own on this pass (guided backpropagation): fused operators heed it. */
  replaced(op: string): Rule | undefined;
  int(name: string, otherwise: number): number;
  float(name: string, otherwise: number): number;
  ints(name: string): readonly number[] | undefined;
  text(name: string, otherwise: string): string;
  attribute(name: string): Attribute | undefined;
  /** Stops with an error that names the node and says what of it has no gradient: «mode "tf_crop_and_resize"». */
  unsupported(what: string): never;
}

/** A rule of one input whose cotangent has the input's shape. */
export const unary = (vjp: (c: Context) => Cotangent): Rule => ({ vjp });

/** The same node in another light: as one of the plain operators that a fused operator is made of. */
export const seenAs = (c: Context, changes: Partial<Context>): Context =>
  Object.create(c, Object.getOwnPropertyDescriptors(changes)) as Context;
