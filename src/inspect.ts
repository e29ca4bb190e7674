import { RULES, ZERO_GRADIENT } from './autodiff/rules/index.ts';
import { Explainer } from './explainer.ts';
import type { LoadOptions } from './explanation.ts';
import { automaticLayer, layersOf } from './network/layers.ts';
import { classOutput } from './network/output.ts';
import type { ValueInfo } from './onnx/model.ts';

/** What a model is made of, and where it can be looked into. */
export interface Inspection {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  /** Version of ONNX's operator set. */
  readonly opset: number;
  /** How often each operator stands in the graph. */
  readonly operators: Readonly<Record<string, number>>;
  /** Values that a map can be computed at, in the order in which they are computed. */
  readonly layers: readonly LayerInfo[];
  /** Operators without a gradient: a layer must come after them. */
  readonly unsupported: readonly string[];
}

export interface PortInfo {
  readonly name: string;
  readonly type: string | undefined;
  readonly dims: readonly (number | string)[] | undefined;
}

export interface LayerInfo {
  readonly name: string;
  readonly op: string;
  readonly dims: readonly number[];
  /** The one that is taken when none is named. */
  readonly automatic: boolean;
}

/**
 * Looks at a model without explaining anything; it runs once, to learn the shapes.
 * @throws CamError as `Explainer.load` and the runtime do.
 */
export async function inspect(
  model?: string | URL | Uint8Array | ArrayBuffer,
  options: LoadOptions = {},
): Promise<Inspection> {
  const explainer = await Explainer.load(model, options);
  try {
    const network = await explainer.network();
    const { graph, opsets } = network.model;
    const output = classOutput(network.model, network.facts, network.flow, false).logits;
    const layers = layersOf(network, graph.inputs[0].name, output);
    const chosen = layers.length > 0 ? automaticLayer(layers).name : undefined;
    const operators: Record<string, number> = {};
    for (const { op } of graph.nodes) operators[op] = (operators[op] ?? 0) + 1;
    return {
      inputs: graph.inputs.map(port),
      outputs: graph.outputs.map(port),
      opset: opsets.get('') ?? 1,
      operators,
      layers: layers.map(({ name, op }) => ({
        name,
        op,
        dims: network.facts.dims.get(name) ?? [],
        automatic: name === chosen,
      })),
      unsupported: Object.keys(operators).filter((op) => !(op in RULES || ZERO_GRADIENT.has(op))),
    };
  } finally {
    await explainer.close();
  }
}

const port = ({ name, type, dims }: ValueInfo): PortInfo => ({ name, type, dims });
