import { readsOf } from '../autodiff/backward.ts';
import { isFused, unfused } from '../autodiff/unfused.ts';
import type { DataType } from '../onnx/data-type.ts';
import type { Facts, Model } from '../onnx/model.ts';
import { shapeOf, withOutputs } from '../onnx/tap.ts';
import { OPERATORS } from '../operators/index.ts';
import { createSession, type SessionOptions } from '../runtime/session.ts';
import type { Tensor } from '../runtime/tensor.ts';
import { namedTensor } from '../runtime/tensor.ts';
import { constantVectors, numbersOf } from './constants.ts';
import { derivedFacts } from './derived-facts.ts';

/** The model with fused operators as their parts, and its facts: from the operators' rules, or by running it once. */
export async function learnParts(
  file: Model,
  feeds: Readonly<Record<string, Tensor>>,
  options: SessionOptions,
): Promise<{ readonly model: Model; readonly facts: Facts }> {
  const facts = await learn(file, feeds, options);
  if (!isFused(file)) return { model: file, facts };
  const model = unfused(file, facts);
  return { model, facts: await learn(model, feeds, options) };
}

async function learn(
  model: Model,
  feeds: Readonly<Record<string, Tensor>>,
  options: SessionOptions,
): Promise<Facts> {
  const reads = readsOf(model);
  return (await derivedFacts(model, feeds, reads, options)) ?? (await probe(model, feeds, reads, options));
}

/**
 * Runs the model once on `feeds` to learn the shape and type of every value, and the contents of those in `reads` and of
 * constant vectors.
 * @throws {CamError} BAD_MODEL when onnxruntime-web cannot load the model.
 * @throws {CamError} RUNTIME when the run fails.
 */
export async function probe(
  model: Model,
  feeds: Readonly<Record<string, Tensor>>,
  reads: readonly string[],
  options: SessionOptions,
): Promise<Facts> {
  const made = model.graph.nodes
    .filter(({ op }) => !OPERATORS.get(op)?.lists)
    .flatMap(({ outputs }) => outputs)
    .filter(Boolean);
  const ends = new Set(model.graph.outputs.map(({ name }) => name));
  const added = { outputs: made.filter((name) => !ends.has(name)), shapes: made };
  const session = await withOutputs(model, added, (bytes) =>
    createSession(bytes, { ...options, optimize: false }),
  );
  try {
    const known = new Set(made);
    const wanted = [...new Set(reads)].filter((name) => known.has(name));
    const results = await session.run(feeds, [...made.map(shapeOf), ...wanted]);
    const dims = new Map<string, readonly number[]>(
      made.map((name) => [name, numbersOf(namedTensor(results, shapeOf(name)))]),
    );
    const types = new Map<string, DataType>(session.outputs.map(({ name, type }) => [name, type]));
    for (const [name, feed] of Object.entries(feeds)) {
      dims.set(name, feed.dims);
      types.set(name, feed.type);
    }
    const values = new Map(wanted.map((name) => [name, numbersOf(namedTensor(results, name))]));
    const constants = await constantVectors(model, { dims, types }, options);
    return { dims, types, values, constants };
  } finally {
    await session.release();
  }
}
