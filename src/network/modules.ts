import { standsForReal } from '../onnx/data-type.ts';
import { type Flow, movingValues } from '../onnx/flow.ts';
import type { GraphNode } from '../onnx/model.ts';
import { moduleNames } from './module-names.ts';
import type { Network } from './network.ts';

/** A part of the network that its authors named. */
export interface Module {
  /** `layer4.1.conv2`, `model/conv5_block3_out`. */
  readonly name: string;
  /** Name of the module around it. */
  readonly parent: string | undefined;
  /** The value that leaves it: the last one computed in it that is used outside. */
  readonly value: string;
}

export interface Modules {
  /** By name, in execution order. */
  readonly all: ReadonlyMap<string, Module>;
  /** Name of the innermost module that computes a value. */
  of(value: string): string | undefined;
}

/** The modules on the way to `output`. */
export const modulesOf = (network: Network, output: string): Modules =>
  network.once(['modules', output], () => findModules(network, output));

function findModules({ model: { graph, added }, flow, facts }: Network, output: string): Modules {
  const names = withSums(moduleNames(graph), added, flow);
  const moving = movingValues(graph, flow);
  const used = new Set(flow.upstream([output]));
  const leaving = new Map<string, string | undefined>();
  for (const { outputs } of graph.nodes.filter((node) => used.has(node))) {
    for (const value of outputs) {
      const type = facts.types.get(value);
      if (!moving.has(value) || type === undefined || !standsForReal(type)) continue;
      const modules = lineage(names.get(value));
      const users = value === output ? [] : flow.consumers(value).filter((node) => used.has(node));
      const inside = users.map((node) => sharedDepth(modules, lineage(names.get(node.outputs[0]))));
      const shared = users.length > 0 ? Math.min(...inside) : 0;
      for (const [depth, module] of modules.entries())
        leaving.set(module, depth >= shared ? value : leaving.get(module));
    }
  }
  const all = new Map<string, Module>();
  const innermost = (modules: readonly string[]) => modules.findLast((name) => all.has(name));
  for (const [name, value] of leaving)
    if (value !== undefined) all.set(name, { name, parent: innermost(lineage(name).slice(0, -1)), value });
  return { all, of: (value) => innermost(lineage(names.get(value))) };
}

/**
 * Names also for the modules of sums that the file lacks, since an operator adds and normalizes at once. Such a sum is where
 * two of three are: its two terms and the normalization.
 */
function withSums(
  names: ReadonlyMap<string, string>,
  added: readonly GraphNode[],
  flow: Flow,
): ReadonlyMap<string, string> {
  const all = new Map(names);
  for (const { inputs, outputs } of added.filter(({ op }) => op === 'Add')) {
    const users = flow.consumers(outputs[0]).filter((node) => !added.includes(node));
    const around = [...inputs, ...users.flatMap((node) => node.outputs)];
    const near = around.flatMap((value) => all.get(value) ?? []).map(lineage);
    const shared = near.flatMap((one, i) =>
      near.slice(i + 1).map((other) => one.slice(0, sharedDepth(one, other))),
    );
    const deepest = [...shared, ...(near.length === 1 ? near : [])].sort((a, b) => b.length - a.length);
    const name = deepest[0]?.at(-1);
    if (name === undefined) all.delete(outputs[0]);
    else all.set(outputs[0], name);
  }
  return all;
}

/** A module and those around it, from the outside in: `layer4`, `layer4.1`, `layer4.1.conv2`. */
function lineage(name: string | undefined): string[] {
  if (name === undefined) return [];
  return [...[...name.matchAll(/(?<=.)[./]/g)].map(({ index }) => name.slice(0, index)), name];
}

function sharedDepth(a: readonly string[], b: readonly string[]): number {
  const first = a.findIndex((name, depth) => name !== b[depth]);
  return first < 0 ? a.length : first;
}

/** The modules with a name, or else those whose name ends in it: `conv5_block3_out` is model/conv5_block3_out. */
export function modulesNamed({ all }: Modules, name: string): Module[] {
  const module = all.get(name);
  if (module) return [module];
  const dotted = (text: string) => `.${text.replaceAll('/', '.')}`;
  const wanted = dotted(name);
  const ending = [...all.values()].filter((module) => dotted(module.name).endsWith(wanted));
  const exact = ending.filter((module) => dotted(module.name) === wanted);
  return exact.length > 0 ? exact : ending;
}

/** Names of the modules whose value passes `keep`, cut to as many parts as `name` has where that names one module. */
export function shortNames(modules: Modules, name: string, keep: (value: string) => boolean): string[] {
  const parts = lineage(name).length;
  const kept = [...modules.all.values()].filter(({ value }) => keep(value));
  const names = kept.map((module) => {
    const outside = lineage(module.name).at(-parts - 1);
    return outside === undefined ? module.name : module.name.slice(outside.length + 1);
  });
  const counts = new Map<string, number>();
  for (const one of names) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts.keys()].filter((one) => modules.all.has(one) || counts.get(one) === 1);
}
