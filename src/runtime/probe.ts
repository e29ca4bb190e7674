import type { DataType } from '../onnx/data-type.ts';
import type { Facts } from '../onnx/facts.ts';
import type { Model } from '../onnx/model.ts';
import { shapeOf, tapped } from '../onnx/tap.ts';
import { halfToFloat } from '../onnx/tensor.ts';
import { createSession, type SessionOptions } from './session.ts';
import type { Tensor } from './tensor.ts';

/** Operators whose results are lists of tensors: they have no shape to ask for. */
const NOT_TENSORS = /^(Sequence(Construct|Empty|Insert|Erase|Map)|SplitToSequence|Optional)|ZipMap/;

/**
 * Runs the model once on `feeds` to learn the shape and type of every value, and the contents of those in `reads`.
 * @throws CamError BAD_MODEL or RUNTIME as the runtime says.
 */
export async function probe(
  model: Model,
  feeds: Readonly<Record<string, Tensor>>,
  reads: readonly string[],
  options: SessionOptions,
): Promise<Facts> {
  const made = model.graph.nodes
    .filter(({ op }) => !NOT_TENSORS.test(op))
    .flatMap(({ outputs }) => outputs)
    .filter(Boolean);
  const ends = new Set(model.graph.outputs.map(({ name }) => name));
  const bytes = tapped(
    model.bytes,
    { outputs: made.filter((name) => !ends.has(name)), shapes: made },
    model.room,
  );
  const session = await createSession(bytes, { ...options, optimize: false });
  try {
    const known = new Set(made);
    const wanted = [...new Set(reads)].filter((name) => known.has(name));
    const results = await session.run(feeds, [...made.map(shapeOf), ...wanted]);
    const dims = new Map<string, readonly number[]>(
      made.map((name) => [name, numbers(results[shapeOf(name)])]),
    );
    const types = new Map<string, DataType>(session.outputs.map(({ name, type }) => [name, type]));
    for (const [name, feed] of Object.entries(feeds)) {
      dims.set(name, feed.dims);
      types.set(name, feed.type);
    }
    return { dims, types, values: new Map(wanted.map((name) => [name, numbers(results[name])])) };
  } finally {
    await session.release();
  }
}

const numbers = ({ type, data }: Tensor): number[] => {
  const list = Array.from(data as ArrayLike<number | bigint>, Number);
  return type === 'float16' ? list.map(halfToFloat) : list;
};
