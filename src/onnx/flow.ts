import { type Graph, type GraphNode, isGraph } from './model.ts';

/** Producer and consumers of each value in a graph. */
export interface Flow {
  /** The node that computes a value; undefined for inputs and initializers. */
  producer(value: string): GraphNode | undefined;
  consumers(value: string): readonly GraphNode[];
  /** The value reached from `value` by going back over the first inputs of nodes that pass it on. */
  source(value: string, passesOn: (node: GraphNode) => boolean): string;
  /** Values that depend on any of `sources`, including the sources, except through nodes where `blocks` is true. */
  downstream(sources: Iterable<string>, blocks?: (node: GraphNode) => boolean): ReadonlySet<string>;
  /** Nodes that `targets` depend on, in execution order, up to the values in `stop`. */
  upstream(targets: Iterable<string>, stop?: ReadonlySet<string>): readonly GraphNode[];
}

export function flowOf(graph: Graph): Flow {
  const producers = new Map<string, GraphNode>();
  const nodesOf = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const name of node.outputs) if (name) producers.set(name, node);
    for (const name of needsOf(node)) nodesOf.set(name, [...(nodesOf.get(name) ?? []), node]);
  }
  const consumers = (value: string) => nodesOf.get(value) ?? [];
  return {
    producer: (value) => producers.get(value),
    consumers,
    source(value, passesOn) {
      let source = value;
      for (let node = producers.get(source); node && passesOn(node); node = producers.get(source))
        source = node.inputs[0];
      return source;
    },
    downstream(sources, blocks = () => false) {
      const reached = new Set(sources);
      for (const value of reached) {
        for (const node of consumers(value)) {
          if (!blocks(node)) for (const name of node.outputs) if (name) reached.add(name);
        }
      }
      return reached;
    },
    upstream(targets, stop = new Set()) {
      const order: GraphNode[] = [];
      const seen = new Set<GraphNode>();
      // Depth first without recursion: deep networks have thousands of nodes in a row.
      const stack: [node: GraphNode, ready: boolean][] = [];
      const visit = (value: string) => {
        const node = stop.has(value) ? undefined : producers.get(value);
        if (node && !seen.has(node)) stack.push([node, false]);
      };
      for (const target of targets) {
        visit(target);
        for (let top = stack.pop(); top; top = stack.pop()) {
          const [node, ready] = top;
          if (ready) order.push(node);
          else if (!seen.has(node)) {
            seen.add(node);
            stack.push([node, true]);
            for (const name of needsOf(node)) visit(name);
          }
        }
      }
      return order;
    },
  };
}

/** Values that depend on the model's inputs, if only on their shapes. All others are constants, like weights. */
export const varyingValues = ({ inputs }: Pick<Graph, 'inputs'>, flow: Flow): ReadonlySet<string> =>
  flow.downstream(inputs.map(({ name }) => name));

/** Values that depend on the contents of the inputs, not only on their shapes. */
export const movingValues = ({ inputs }: Graph, flow: Flow): ReadonlySet<string> =>
  flow.downstream(
    inputs.map(({ name }) => name),
    ({ op }) => op === 'Shape' || op === 'Size',
  );

/** Every value a node reads, including its subgraphs. */
export function needsOf(node: GraphNode): string[] {
  const names = new Set(node.inputs.filter(Boolean));
  for (const attribute of node.attributes.values())
    if (isGraph(attribute)) captured(attribute).forEach((n) => names.add(n));
  return [...names];
}

function captured(graph: Graph): Set<string> {
  const own = new Set([...graph.inputs.map(({ name }) => name), ...graph.initializers.keys()]);
  for (const node of graph.nodes) node.outputs.forEach((name) => own.add(name));
  const read = new Set([...graph.nodes.flatMap(needsOf), ...graph.outputs.map(({ name }) => name)]);
  own.forEach((name) => read.delete(name));
  return read;
}
