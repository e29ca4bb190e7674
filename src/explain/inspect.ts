import type { NoGradientError } from '../operators/no-gradient.ts';
import { OPERATORS } from '../operators/index.ts';
import { CamError } from '../errors.ts';
import { Explainer } from './explainer.ts';
import type { LoadOptions } from '../types.ts';
import type { Preprocessing } from '../image/preprocess.ts';
import { builtinModel } from '../models/builtin.ts';
import { loadModel } from '../models/source.ts';
import { automaticLayer } from '../network/automatic.ts';
import type { TokenGrid } from '../network/axes.ts';
import { imageInput } from '../network/inputs.ts';
import { layersOf } from '../network/layers.ts';
import type { Layout } from '../network/layout.ts';
import type { Network } from '../network/network.ts';
import { classOutput, outputNamed, type Link } from '../network/output.ts';
import { reachOf } from '../network/reach.ts';
import { portOf, type Model, type Port, type ValueInfo } from '../onnx/model.ts';
import { floatTensor, sizeOf, type FloatTensor } from '../runtime/tensor.ts';

export interface InspectOptions extends LoadOptions {
  /** The model's output that would be explained. Default: the first that holds real numbers. */
  output?: string;
  /** How tokens lie, where it is not found out. */
  tokens?: TokenGrid;
}

/** What is in a model, ready for JSON. */
export interface Inspection {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly irVersion: number;
  /** Version of ONNX's own operator set, and of all that the model uses, by domain. */
  readonly opset: number;
  readonly opsets: Readonly<Record<string, number>>;
  /** How many nodes of each operator, the most frequent first. */
  readonly operators: Readonly<Record<string, number>>;
  /** How many numbers the constants hold. */
  readonly parameters: number;
  /** Operators in the model that camwasm has no gradient for. */
  readonly unsupported: readonly string[];
  /** How pictures become the input; null where it takes none. */
  readonly preprocessing: Preprocessing | null;
  /** Why the model cannot be run, and nothing below is known; null when it can. */
  readonly problem: string | null;
  readonly explained: Explained | null;
  /** Values that a CAM can be computed at, in the order in which they are computed. */
  readonly layers: readonly LayerInfo[];
  /** Why the automatic layer is that one; null when there is none. */
  readonly automatic: { readonly layer: string; readonly why: string } | null;
  /** Does a gradient reach the input, for saliency and its kind? */
  readonly inputGradient: boolean;
  /** Nodes that stop a gradient on its way. */
  readonly barriers: readonly Barrier[];
}

/** An input or output as the file declares it: a size left open is a symbol, or '' when nothing is said. */
/** The value that is differentiated. */
export interface Explained {
  /** The model's output. */
  readonly output: string;
  /** Where the logits are: before a Softmax or Sigmoid at the end. */
  readonly logits: string;
  readonly dims: readonly number[];
  readonly classes: number;
  /** Positions per class: 1 for a classifier, pixels for a dense output. */
  readonly positions: number;
  /** What makes probabilities of the logits at the end of the model, and is looked through. */
  readonly link: Link | null;
}

export interface LayerInfo {
  readonly name: string;
  readonly op: string;
  /** At the input size that was looked at. */
  readonly dims: readonly number[];
  readonly layout: Layout;
  /** Is it the layer that is taken when none is named? */
  readonly automatic: boolean;
  /** Does a gradient reach it? */
  readonly gradient: boolean;
}

export interface Barrier {
  readonly node: string;
  readonly op: string;
  readonly why: string;
  /** The nearest value behind it from which gradients exist; null when another barrier follows. */
  readonly from: string | null;
}

/**
 * Looks a model over without explaining anything: what it takes and gives, which layers there are, and what gradients
 * reach, found out by building the backward graph and not running it. A model that the runtime cannot run is told of
 * as far as its file goes.
 * @throws CamError BAD_MODEL when it is no model, BAD_OPTION for options that make no sense.
 */
export async function inspect(
  model?: string | URL | Uint8Array | ArrayBuffer,
  options: InspectOptions = {},
): Promise<Inspection> {
  const explainer = await Explainer.load(model, options);
  try {
    const { preprocessing = null } = explainer.info;
    const blank = blankFor(imageInput(explainer.info.inputs, options.imageInput), preprocessing);
    const network = await explainer.network(blank).catch((error: unknown) => error);
    if (network instanceof CamError) {
      const source = await loadModel(model ?? builtinModel(), options);
      return { ...stated(source.model), preprocessing, ...NOTHING, problem: network.message };
    }
    if (network instanceof Error) throw network;
    return { ...stated((network as Network).model), preprocessing, ...seen(network as Network, options) };
  } finally {
    await explainer.close();
  }
}

/** Zeros for an input that takes no picture, where its size is known: enough to look at the graph. */
function blankFor({ dims }: ValueInfo, preprocessing: Preprocessing | null): FloatTensor | undefined {
  const [, ...sizes] = dims ?? [];
  if (preprocessing || !dims || !sizes.every((size) => typeof size === 'number')) return undefined;
  return floatTensor([1, ...sizes], new Float32Array(sizeOf(sizes)));
}

type Seen = Pick<Inspection, 'problem' | 'explained' | 'layers' | 'automatic' | 'inputGradient' | 'barriers'>;

const NOTHING: Omit<Seen, 'problem'> = {
  explained: null,
  layers: [],
  automatic: null,
  inputGradient: false,
  barriers: [],
};

/** What the file says. */
function stated(model: Model): Omit<Inspection, keyof Seen | 'preprocessing'> {
  const { graph, opsets, irVersion } = model;
  const counts = new Map<string, number>();
  for (const { op } of graph.nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  return {
    inputs: graph.inputs.map(portOf),
    outputs: graph.outputs.map(portOf),
    irVersion,
    opset: opsets.get('') ?? 1,
    opsets: Object.fromEntries([...opsets].map(([domain, version]) => [domain || 'ai.onnx', version])),
    operators: Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b))),
    parameters: [...graph.initializers.values()].reduce((sum, { dims }) => sum + sizeOf(dims), 0),
    unsupported: [...counts.keys()].filter((op) => !OPERATORS.has(op) || OPERATORS.get(op)?.barrier).sort(),
  };
}

/** What is known once the runtime has run it. */
function seen(network: Network, options: InspectOptions): Seen {
  const { model, facts } = network;
  try {
    const input = imageInput(model.graph.inputs, options.imageInput).name;
    const output = classOutput(network, input, outputNamed(model, facts, options.output));
    const { logits, probabilities, link, dims, classes, positions } = output;
    const layers = layersOf(network, input, logits, options.tokens);
    const reach = reachOf(network, layers, input, logits);
    const choice =
      layers.length > 0 ? automaticLayer(network, layers, input, logits, reach.blocked) : undefined;
    return {
      problem: null,
      explained: {
        output: output.name,
        logits,
        dims,
        classes,
        positions,
        link: probabilities === undefined ? null : link,
      },
      layers: layers.map(({ name, op, layout }) => ({
        name,
        op,
        dims: facts.dims.get(name)!,
        layout,
        automatic: name === choice?.layer.name,
        gradient: !reach.blocked.has(name),
      })),
      automatic: choice ? { layer: choice.layer.name, why: choice.why } : null,
      inputGradient: reach.input,
      barriers: reach.stops.map((stop) => barrierOf(stop, reach.blocked)),
    };
  } catch (error) {
    if (!(error instanceof CamError) || error.code === 'BAD_OPTION') throw error;
    return { ...NOTHING, problem: error.message };
  }
}

function barrierOf(stop: NoGradientError, blocked: ReadonlyMap<string, unknown>): Barrier {
  const { name, op, outputs } = stop.node;
  const from = outputs.find((value) => value && !blocked.has(value)) ?? null;
  return { node: name || outputs[0], op, why: stop.message, from };
}
