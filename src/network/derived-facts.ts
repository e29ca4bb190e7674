import { nodeViewOf, valueFacts } from '../autodiff/context.ts';
import type { DataType } from '../onnx/data-type.ts';
import type { Facts, GraphNode, Model } from '../onnx/model.ts';
import { OPERATORS } from '../operators/index.ts';
import type { SessionOptions } from '../runtime/session.ts';
import type { Tensor } from '../runtime/tensor.ts';
import { constantVectors } from './constants.ts';

/**
 * What `probe` finds by running the model, from the operators' shape rules alone; undefined where a node has no rule, or
 * where contents in `reads` are computed.
 */
export async function derivedFacts(
  model: Model,
  feeds: Readonly<Record<string, Tensor>>,
  reads: readonly string[],
  options: SessionOptions,
): Promise<Facts | undefined> {
  const dims = new Map<string, readonly number[]>();
  const types = new Map<string, DataType>();
  if (reads.length > 0) return undefined;
  const none: ReadonlyMap<string, readonly number[]> = new Map();
  for (const [name, feed] of Object.entries(feeds)) {
    dims.set(name, feed.dims);
    types.set(name, feed.type);
  }
  const facts = valueFacts(model, { dims, types, values: none, constants: none });
  const isKnown = (name: string) => name === '' || dims.has(name) || model.graph.initializers.has(name);
  for (const node of model.graph.nodes) {
    const name = onlyOutput(node);
    if (name === undefined || !node.inputs.every(isKnown)) return undefined;
    const row = OPERATORS.get(node.op);
    const c = nodeViewOf(model, node, facts);
    const shape = row?.shape?.(c);
    if (!shape) return undefined;
    dims.set(name, shape);
    const { elementType = 0 } = row ?? {};
    types.set(name, typeof elementType === 'number' ? c.inputType(elementType) : elementType(c));
  }
  return { dims, types, values: none, constants: await constantVectors(model, { dims, types }, options) };
}

/** The output of a node that has one; a mask of Dropout, or statistics, are others. */
function onlyOutput({ outputs: [first, ...others] }: GraphNode): string | undefined {
  return others.some(Boolean) ? undefined : first;
}
