import { CamError } from '../errors.ts';
import type { Preprocessing } from '../image/preprocess.ts';
import type { Labels } from '../models/labels.ts';
import type { PreprocessingSources } from '../models/preprocessing.ts';
import type { ModelInput } from '../models/source.ts';
import { automaticLayer } from '../network/automatic.ts';
import { blankInputs, extraInputs, imageInput } from '../network/inputs.ts';
import { type Layer, layersOf, valueNamed } from '../network/layers.ts';
import type { Layout } from '../network/layout.ts';
import { type Modules, modulesOf } from '../network/modules.ts';
import type { Network } from '../network/network.ts';
import type { Link } from '../network/output.ts';
import type { OutputActivation, OutputKind } from '../network/output-kind.ts';
import { isOpen, reachOf } from '../network/reach.ts';
import { type Model, type Port, portOf } from '../onnx/model.ts';
import { OPERATORS } from '../operators/index.ts';
import type { NoGradientError } from '../operators/no-gradient.ts';
import { checkOptions } from '../options/check.ts';
import { sizeOf } from '../runtime/tensor.ts';
import type { InspectOptions } from '../types.ts';
import { prepareInput } from './input.ts';
import { blamingSize, type LoadedModel, loadEverything, networkSlot, withPreset } from './loaded.ts';
import { explainedOutputOf } from './output.ts';

/** A model's contents, serializable as JSON. */
export interface Inspection {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Name of the input that takes the image. */
  readonly imageInput: string;
  /** Class names by index; empty if they are unknown. */
  readonly labels: readonly string[];
  readonly irVersion: number;
  /** Opset version of ONNX, and of every domain. */
  readonly opset: number;
  readonly opsets: Readonly<Record<string, number>>;
  /** Number of nodes per operator, the most frequent first. */
  readonly operators: Readonly<Record<string, number>>;
  /** Number of values in the constants. */
  readonly parameters: number;
  /** Operators of the model without a gradient. */
  readonly unsupported: readonly string[];
  /** Preprocessing of pictures; null if the model does not take pictures. */
  readonly preprocessing: Preprocessing | null;
  /** Who decided each setting of it. */
  readonly preprocessingSources: PreprocessingSources | null;
  /** Why the model cannot be explained, in which case the rest is unknown; null if it can. */
  readonly problem: string | null;
  readonly explained: Explained | null;
  /** Values at which a CAM can be computed, in execution order. */
  readonly layers: readonly LayerInfo[];
  /** Modules that compute layers, in execution order. */
  readonly modules: readonly ModuleInfo[];
  /** The default layer with the reason for it; null if there is none. */
  readonly automatic: { readonly layer: string; readonly why: string } | null;
  /** Whether gradients reach the input, as saliency methods require. */
  readonly inputGradient: boolean;
  /** Nodes that block gradients. */
  readonly barriers: readonly Barrier[];
}

/** The differentiated value. */
export interface Explained {
  readonly output: string;
  /** Why it has no scores (for a blank image), so that only methods that need none work; null if it has. */
  readonly problem: string | null;
  readonly kind: OutputKind;
  /** Name of the logits, the value before a final Softmax or Sigmoid. */
  readonly logits: string;
  readonly dims: readonly number[];
  readonly classes: number;
  /** Positions per class: 1 for a classifier, pixels for a dense output. */
  readonly positions: number;
  /** The final Softmax or Sigmoid, which explanations skip. */
  readonly link: Link | null;
  /** How the scores become probabilities; null if they are probabilities already. */
  readonly activation: OutputActivation | null;
}

/** A value at which a CAM can be computed. */
export interface LayerInfo {
  readonly name: string;
  readonly op: string;
  /** Name of the innermost module that computes it; null if there is none. */
  readonly module: string | null;
  /** At the inspected input size. */
  readonly dims: readonly number[];
  readonly layout: Layout;
  /** Whether it is the default layer. */
  readonly automatic: boolean;
  /** Whether gradients reach it. */
  readonly gradient: boolean;
}

/** A module of the network, whose name stands for a layer. */
export interface ModuleInfo {
  /** As PyTorch, timm or Keras name it: `layer4.1.conv2`, `resnet50/conv5_block3_out`. */
  readonly name: string;
  /** Name of the module around it; null for the outermost. */
  readonly parent: string | null;
  /**
   * The layer that its name stands for: the value or node of that name, or else its last value that is used outside;
   * null if that is not a layer.
   */
  readonly layer: string | null;
}

/** A node that blocks gradients. */
export interface Barrier {
  readonly node: string;
  readonly op: string;
  readonly why: string;
  /** The nearest later value that gradients reach; null if another barrier follows. */
  readonly from: string | null;
}

/**
 * Describes a model without explaining an image: inputs, outputs, layers, and where gradients flow, found by building
 * the backward graph without running it. A model that cannot run is described from its file alone.
 *
 * @example
 * const { layers, automatic, barriers } = await inspect('resnet50.onnx');
 * @throws {CamError} BAD_MODEL when it cannot be read.
 * @throws {CamError} BAD_OPTION when an option is unknown, malformed, or contradicts the model.
 */
export async function inspect(model?: ModelInput, options: InspectOptions = {}): Promise<Inspection> {
  checkOptions(options, 'inspect');
  const loaded = await loadEverything(model, options);
  const slot = networkSlot(loaded);
  const declared = {
    ...declaredBy(loaded.source.model),
    imageInput: loaded.input.name,
    labels: loaded.labels.names,
    preprocessing: loaded.preprocessing ?? null,
    preprocessingSources: loaded.preprocessingSources ?? null,
  };
  try {
    const network = await blamingSize(options, () => openBlank(loaded, slot.at));
    return { ...declared, ...foundIn(network, withPreset(options, options), loaded.labels) };
  } catch (error) {
    if (!(error instanceof CamError) || error.code === 'BAD_OPTION') throw error;
    return { ...declared, ...NOTHING, problem: error.message };
  } finally {
    await slot.close();
  }
}

/** Opens the network for a blank image, with zeros for the other inputs. */
async function openBlank(model: LoadedModel, open: ReturnType<typeof networkSlot>['at']): Promise<Network> {
  const { inputs } = model.source.model.graph;
  const { name } = model.input;
  const { tensor } = await prepareInput(model, undefined);
  return open(tensor, extraInputs(inputs, name, blankInputs(inputs, name)));
}

type Found = Pick<
  Inspection,
  'problem' | 'explained' | 'layers' | 'modules' | 'automatic' | 'inputGradient' | 'barriers'
>;

const NOTHING: Omit<Found, 'problem'> = {
  explained: null,
  layers: [],
  modules: [],
  automatic: null,
  inputGradient: false,
  barriers: [],
};

type FromOptions = 'imageInput' | 'labels' | 'preprocessing' | 'preprocessingSources';

/** The part known from the file. */
function declaredBy(model: Model): Omit<Inspection, keyof Found | FromOptions> {
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

/** The part known after a run. */
function foundIn(network: Network, options: InspectOptions, labels: Labels): Found {
  const { model, facts } = network;
  try {
    const input = imageInput(model.graph.inputs, options.imageInput).name;
    const { output } = explainedOutputOf(network, input, [options.output ?? []].flat(), labels, options);
    const { logits, link, activation, dims, classes, positions } = output;
    const layers = layersOf(network, input, logits, options.tokens);
    const ops = new Map(model.graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node.op])));
    const modules = modulesOf(network, logits);
    const reach = reachOf(network, layers, input, logits);
    const choice = layers.length > 0 ? automaticLayer(network, layers, input, logits, reach.path) : undefined;
    return {
      problem: null,
      explained: {
        output: output.name,
        problem: output.problem ?? null,
        kind: output.kind,
        logits,
        dims,
        classes,
        positions,
        link: link ?? null,
        activation: activation === 'identity' ? null : activation,
      },
      layers: layers.map(({ name, op, layout }) => ({
        name,
        op: ops.get(name) ?? op,
        module: modules.of(name) ?? null,
        dims: facts.dims.get(name)!,
        layout,
        automatic: name === choice?.layer.name,
        gradient: isOpen(reach.path, name),
      })),
      modules: modulesAround(network, modules, layers, logits),
      automatic: choice ? { layer: choice.layer.name, why: choice.why } : null,
      inputGradient: reach.input,
      barriers: reach.stops.map((stop) => barrierOf(stop, reach.path.blocked)),
    };
  } catch (error) {
    if (!(error instanceof CamError) || error.code === 'BAD_OPTION') throw error;
    return { ...NOTHING, problem: error.message };
  }
}

/** The modules that compute any of the layers. */
function modulesAround(
  network: Network,
  { all, of }: Modules,
  layers: readonly Layer[],
  output: string,
): ModuleInfo[] {
  const names = new Set(layers.map(({ name }) => name));
  const around = new Set<string>();
  for (const name of names)
    for (let module = of(name); module !== undefined; module = all.get(module)!.parent) around.add(module);
  return [...all.values()]
    .filter(({ name }) => around.has(name))
    .map(({ name, parent = null }) => {
      const { value } = valueNamed(network, layers, output, name);
      return { name, parent, layer: names.has(value) ? value : null };
    });
}

function barrierOf(stop: NoGradientError, blocked: ReadonlyMap<string, unknown>): Barrier {
  const { name, op, outputs } = stop.node;
  const from = outputs.find((value) => value && !blocked.has(value)) ?? null;
  return { node: name || outputs[0], op, why: stop.message, from };
}
