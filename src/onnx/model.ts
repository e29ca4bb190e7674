/** An ONNX model: names and structure decoded, weights left in the file's bytes. */

import type { DataType } from './data-type.ts';

/** A tensor of the model. `proto` is its TensorProto message, a view of the file's bytes. */
export interface Initializer {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly proto: Uint8Array;
  /** Location of the data, if it is in an external file. */
  readonly external: ExternalData | undefined;
}

/** A part of an external data file (https://onnx.ai/onnx/repo-docs/ExternalData.html). */
export interface ExternalData {
  /** The file, relative to the model. */
  readonly location: string;
  /** Byte offset and length; undefined for the rest of the file. */
  readonly offset: number;
  readonly length: number | undefined;
}

/** Contents of external data files, by location. */
export type ExternalFiles = ReadonlyMap<string, Uint8Array>;

export type Attribute = number | string | readonly number[] | readonly string[] | Initializer | Graph;

export interface GraphNode {
  /** Operator, prefixed with its domain unless that is ONNX: `Relu`, `com.microsoft.FusedConv`. */
  readonly op: string;
  readonly name: string;
  /** Value names; an omitted optional input is ''. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Text that the exporter added, by key. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The NodeProto message, for copying. */
  readonly proto: Uint8Array;
}

/** A graph input or output. A dimension is a size, a symbol, or '' if unspecified. */
export interface ValueInfo {
  readonly name: string;
  readonly type: DataType | undefined;
  readonly dims: readonly (number | string)[] | undefined;
  readonly proto: Uint8Array;
}

/** Name, type and shape of an input or output. */
export type Port = Pick<ValueInfo, 'name' | 'type' | 'dims'>;

export const portOf = ({ name, type, dims }: ValueInfo): Port => ({ name, type, dims });

export interface Graph {
  readonly nodes: readonly GraphNode[];
  /** Without the initializers that IR < 4 lists among the inputs. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: ReadonlyMap<string, Initializer>;
}

export interface Model {
  /** The file as onnxruntime-web runs it: byte for byte, unless weights were folded. */
  readonly bytes: Uint8Array;
  /** Spare bytes after `bytes` in its buffer: `withOutputs` writes there instead of to a copy. */
  readonly room: number;
  readonly irVersion: number;
  /** Domain ('' is ONNX) to version. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: Graph;
  /** Nodes of the graph that the file lacks, for values between the parts of a fused operator. */
  readonly added: readonly GraphNode[];
  /** Names of model-local functions, in the form of `GraphNode.op`. */
  readonly functions: ReadonlySet<string>;
  /** Text that the exporter added, by key. */
  readonly metadata: ReadonlyMap<string, string>;
  /** External data files with weights, relative to the model. */
  readonly externalFiles: readonly string[];
  /** The external files read so far. */
  readonly external: ExternalFiles;
}

/** Opset version of a node's operator. */
export const opsetOf = ({ opsets }: Pick<Model, 'opsets'>, { op }: Pick<GraphNode, 'op'>): number =>
  opsets.get(op.slice(0, Math.max(0, op.lastIndexOf('.')))) ?? 1;

export const isInitializer = (attribute: Attribute | undefined): attribute is Initializer =>
  typeof attribute === 'object' && 'proto' in attribute && 'external' in attribute;

/** Whether the attribute is a subgraph (If, Loop, Scan). */
export const isGraph = (attribute: Attribute | undefined): attribute is Graph =>
  typeof attribute === 'object' && 'nodes' in attribute;

/**
 * Shapes and types of a graph's values at one input size. The runtime provides them, in one run with a Shape node on
 * every value: no separate shape rules can disagree with it.
 */
export interface Facts {
  readonly dims: ReadonlyMap<string, readonly number[]>;
  readonly types: ReadonlyMap<string, DataType>;
  /** Contents of values needed to build a graph: shapes, axes, pads, scales. */
  readonly values: ReadonlyMap<string, readonly number[]>;
  /** Contents of vectors that the model computes from initializers alone. */
  readonly constants: ReadonlyMap<string, readonly number[]>;
}
