import type { GraphNode, Model } from './model.ts';
import { MessageWriter } from './wire.ts';

export const GRAPH = 7; // ModelProto.graph
export const NODE = 1; // GraphProto.node
const OUTPUT = 12; // GraphProto.output

/** Name of the output that `AddedOutputs.shapes` adds for a value's dimensions, int64 [rank]. */
export const shapeOf = (name: string): string => `${name}/camwasm:shape`;

export interface AddedOutputs {
  readonly outputs?: readonly string[];
  /** Values whose dimensions become outputs, named by `shapeOf`. */
  readonly shapes?: readonly string[];
  /** Nodes that the model lacks, in execution order; those are added that the outputs need. */
  readonly nodes?: readonly GraphNode[];
}

/**
 * A copy of the model with additional outputs. Protobuf merges a message field that occurs twice, so a second `graph`
 * with only outputs (and Shape nodes) adds them, and the model's bytes stay unchanged. Not for files, since some
 * protobuf libraries replace instead of merging.
 */
export function tapped(model: Uint8Array, added: AddedOutputs): Uint8Array {
  const tail = tailOf(added);
  return tail.length === 0 ? model : new MessageWriter().raw(model).raw(tail).bytes();
}

/** Buffers whose spare bytes are in use by a pending call of `withOutputs`. */
const occupied = new WeakSet<ArrayBufferLike>();

/**
 * Calls `use` with the model's bytes with additional outputs, valid until `use` settles: they are written to the spare
 * room of the model's buffer, if possible, instead of to a copy.
 */
export async function withOutputs<Result>(
  { bytes: model, room, added: nodes }: Pick<Model, 'bytes' | 'room' | 'added'>,
  outputs: Omit<AddedOutputs, 'nodes'>,
  use: (bytes: Uint8Array) => Promise<Result>,
): Promise<Result> {
  const added = { ...outputs, nodes };
  const tail = tailOf(added);
  const { buffer } = model;
  if (tail.length === 0 || tail.length > room || occupied.has(buffer)) return use(tapped(model, added));
  const whole = new Uint8Array(buffer, model.byteOffset, model.length + tail.length);
  occupied.add(buffer);
  try {
    whole.set(tail, model.length);
    return await use(whole);
  } finally {
    occupied.delete(buffer);
  }
}

function tailOf({ outputs = [], shapes = [], nodes = [] }: AddedOutputs): Uint8Array {
  if (outputs.length + shapes.length === 0) return new Uint8Array(0);
  const graph = new MessageWriter();
  for (const { proto } of needed(nodes, [...outputs, ...shapes])) graph.bytesField(NODE, proto);
  for (const name of shapes) {
    const node = new MessageWriter().string(1, name).string(2, shapeOf(name)).string(4, 'Shape');
    graph.message(NODE, node);
  }
  for (const name of [...outputs, ...shapes.map(shapeOf)])
    graph.message(OUTPUT, new MessageWriter().string(1, name));
  return new MessageWriter().message(GRAPH, graph).bytes();
}

/** The nodes that compute `values`, or what they are computed from. */
function needed(nodes: readonly GraphNode[], values: readonly string[]): GraphNode[] {
  const wanted = new Set(values);
  return nodes
    .toReversed()
    .filter(({ inputs, outputs }) => {
      const isNeeded = outputs.some((name) => wanted.has(name));
      if (isNeeded) inputs.forEach((name) => wanted.add(name));
      return isNeeded;
    })
    .toReversed();
}
