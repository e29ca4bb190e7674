import type { Model } from '../onnx/model.ts';
import { RULES } from '../operators/index.ts';

/** Values whose contents the rules want while the backward graph is built, other than initializers. */
export const readsOf = ({ graph }: Model): string[] =>
  graph.nodes
    .flatMap(({ op, inputs }) => (RULES[op]?.reads ?? []).map((position) => inputs[position]))
    .filter((name) => Boolean(name) && !graph.initializers.has(name));
