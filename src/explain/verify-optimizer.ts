import type { Network, Values } from '../network/network.ts';
import { withOutputs } from '../onnx/tap.ts';
import { createSession, type SessionOptions } from '../runtime/session.ts';
import { namedTensor, toFloat } from '../runtime/tensor.ts';

/** A value of the model with the optimizer of onnxruntime-web against the same without it. */
export interface OptimizerCheck {
  readonly name: string;
  /** Largest difference of an element, as a share of the largest element. */
  readonly difference: number;
  readonly verdict: 'equal' | 'mismatch';
}

/** Largest differences that rounding in another order explains. */
const TOLERANCES: Readonly<Record<'half' | 'single', number>> = { half: 0.05, single: 1e-3 };

/** Compares values of a model with the optimizer on and off. */
export async function checkOptimizer(
  network: Network,
  feeds: Values,
  names: readonly string[],
  options: SessionOptions,
): Promise<OptimizerCheck[]> {
  const optimized = await network.forward(feeds, names);
  const ends = network.model.graph.outputs.map(({ name }) => name);
  const outputs = names.filter((name) => !ends.includes(name) && !Object.hasOwn(feeds, name));
  const session = await withOutputs(network.model, { outputs }, (bytes) =>
    createSession(bytes, { ...options, optimize: false }),
  );
  try {
    const computed = names.filter((name) => !Object.hasOwn(feeds, name));
    const plain = await session.run(feeds, computed);
    const half = [...network.facts.types.values()].includes('float16');
    return computed.map((name) => {
      const [a, b] = [toFloat(namedTensor(optimized, name)).data, toFloat(namedTensor(plain, name)).data];
      const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const apart = b.reduce((most, value, i) => Math.max(most, Math.abs(value - a[i])), 0);
      const difference = largest === 0 ? apart : apart / largest;
      const isEqual = difference <= TOLERANCES[half ? 'half' : 'single'];
      return { name, difference, verdict: isEqual ? 'equal' : 'mismatch' };
    });
  } finally {
    await session.release();
  }
}
