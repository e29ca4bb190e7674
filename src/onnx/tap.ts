import { MessageWriter } from './wire.ts';

const GRAPH = 7; // ModelProto.graph
const NODE = 1; // GraphProto.node
const OUTPUT = 12; // GraphProto.output

/** The value that `withShapes` makes for another: its dimensions, int64 [rank]. */
export const shapeOf = (name: string): string => `${name}/camwasm:shape`;

/** What is added to a model: values as outputs, and the shapes of values. */
export interface Taps {
  readonly outputs?: readonly string[];
  /** Values whose dimensions become outputs too, named by `shapeOf`. */
  readonly shapes?: readonly string[];
}

/**
 * The model with further outputs. Protobuf merges a message field that stands twice, so a second `graph` of nothing but
 * outputs (and Shape nodes) does it: not one byte of the model is touched. For memory only, since some protobuf
 * libraries replace where they should merge.
 *
 * @param room how many bytes behind `model` in its buffer may be overwritten: where they are enough, nothing is copied.
 */
export function tapped(model: Uint8Array, { outputs = [], shapes = [] }: Taps, room = 0): Uint8Array {
  if (outputs.length + shapes.length === 0) return model;
  const graph = new MessageWriter();
  for (const name of shapes) {
    const node = new MessageWriter().string(1, name).string(2, shapeOf(name)).string(4, 'Shape');
    graph.message(NODE, node);
  }
  for (const name of [...outputs, ...shapes.map(shapeOf)])
    graph.message(OUTPUT, new MessageWriter().string(1, name));
  const tail = new MessageWriter().message(GRAPH, graph).bytes();
  if (tail.length > room) return new MessageWriter().raw(model).raw(tail).bytes();
  const whole = new Uint8Array(model.buffer, model.byteOffset, model.length + tail.length);
  whole.set(tail, model.length);
  return whole;
}
