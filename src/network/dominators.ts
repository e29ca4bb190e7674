import { standsForReal } from '../onnx/data-type.ts';
import type { Network } from './network.ts';

/**
 * For every value that depends on `input`: the nearest other value on all paths from the input (immediate dominators;
 * Cooper, Harvey & Kennedy 2001, "A simple, fast dominance algorithm", on a graph without loops). Shape arithmetic is
 * not a path.
 */
export function dominators(network: Network, input: string, output: string): ReadonlyMap<string, string> {
  const { flow, facts } = network;
  const above = new Map<string, string>();
  const depth = new Map([[input, 0]]);
  const meet = (a: string, b: string): string => {
    while (a !== b) {
      if (depth.get(a)! >= depth.get(b)!) a = above.get(a)!;
      else b = above.get(b)!;
    }
    return a;
  };
  for (const node of flow.upstream([output])) {
    const taken = node.inputs.filter((name) => depth.has(name));
    if (taken.length === 0) continue;
    const nearest = taken.reduce(meet);
    for (const name of node.outputs) {
      const type = facts.types.get(name);
      if (type === undefined || !standsForReal(type)) continue;
      above.set(name, nearest);
      depth.set(name, depth.get(nearest)! + 1);
    }
  }
  return above;
}
