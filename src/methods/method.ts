import { InternalError } from '../errors.ts';
import type { Kernels, Plane, Volume } from '../kernels/index.ts';
import type { Asks, Steps } from './ask.ts';
import type { Baseline } from './baseline.ts';
import { costOf, type Count, isShared } from './cost.ts';
import type { Random } from './random.ts';

/** Libraries whose numbers can be reproduced. */
export const COMPATS = ['pytorch-grad-cam', 'torch-cam'] as const;
/** A library whose numbers can be reproduced. */
export type Compat = (typeof COMPATS)[number];

/** How the maps of several layers become one. */
export const FUSIONS = ['mean', 'max', 'product', 'layercam'] as const;
/** How the maps of several layers become one. */
export type Fusion = (typeof FUSIONS)[number];

/** What a formula is given: everything needed in one call comes out of one forward pass. */
export const NEEDS = {
  activations: 'activations of a layer',
  gradients: 'gradients at the layer',
  'input-gradient': 'the gradient at the input',
  guided: 'the gradient at the input under the guided rule',
  deconvnet: 'the gradient at the input under the deconvnet rule',
  biases: 'gradients at every convolution and normalization that has a bias',
  classifier: 'global average pooling and a linear classifier',
  attention: 'attention probabilities over tokens',
  base: 'the formula of another CAM',
} as const;
/** What a method needs from the network. */
export type Need = keyof typeof NEEDS;

/** What each need of a layer's formula adds to its view. */
export interface LayerParts {
  /** A: activations, [C, h, w]. */
  readonly activations: { readonly A: Volume };
  /** g = ∂y/∂A, [C, h, w]. */
  readonly gradients: { readonly g: Volume };
  /** Row of the classifier for the target's class, [C]. */
  readonly classifier: { readonly classifier: Float32Array };
  /** The formula that the row builds on, with g in place of its own gradients. */
  readonly base: { readonly base: (g: Volume) => Steps<Plane> };
}

/** What each need of an input's formula adds to its view. */
export interface InputParts {
  readonly activations: { readonly A: Volume };
  /** ∂y/∂input, [C, H, W]. */
  readonly 'input-gradient': { readonly gradient: Volume };
  readonly guided: { readonly guided: Volume };
  readonly deconvnet: { readonly deconvnet: Volume };
  readonly biases: { readonly biases: readonly BiasGradient[] };
  readonly attention: { readonly attention: AttentionMaps };
  /** The CAM that the row builds on, at the input's size, in [0, 1]. */
  readonly base: { readonly cam: Plane };
}

/** A value that has a bias added: gradients [C, h, w] there, and the bias of each channel. */
export interface BiasGradient {
  readonly g: Volume;
  readonly bias: Float32Array;
}

/** Self-attention over the tokens of an image, layer by layer. */
export interface AttentionMaps {
  /** Probabilities of each layer, [heads, N, N]: rows are queries, columns keys. */
  readonly layers: readonly Volume[];
  /** Of the N tokens the first `prefix` are class and register tokens; the rest are rows of the image. */
  readonly prefix: number;
  readonly height: number;
  readonly width: number;
}

/** What every formula may use. */
export interface CommonView {
  readonly k: Kernels;
  /** The model's input, channel first. */
  readonly input: Volume;
  /** Value of the explained score. */
  readonly score: number;
  /** Number of samples, steps or masks to take. */
  readonly samples: number;
  /** Limit on channels, where a method goes through them one by one. */
  readonly channels: number | undefined;
  /** Number of concepts to look for. */
  readonly concepts: number;
  /** The baseline input [C, H, W]: what the caller asked for, else the method's usual one. */
  readonly baseline: (usual: Baseline) => Float32Array;
  /** Random numbers, the same for the same seed, method and stream. */
  readonly random: (stream?: number) => Random;
  /** Adds a warning to the explanation. */
  readonly warn: (text: string) => void;
  /** Adds a number to the explanation. */
  readonly measure: (name: string, value: number) => void;
}

/** All of a union at once: A | B to A & B. */
type Intersection<Union> = (Union extends unknown ? (one: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;

/** Exactly what a row that needs N and asks Q may use: anything else does not compile. */
type View<Parts, N extends keyof Parts, Q extends keyof Asks> = CommonView &
  Intersection<Parts[N]> &
  Pick<Asks, Q>;

export type LayerView<N extends keyof LayerParts, Q extends keyof Asks = never> = View<LayerParts, N, Q>;
export type InputView<N extends keyof InputParts, Q extends keyof Asks = never> = View<InputParts, N, Q>;

/** What a formula's view is made of: the parts that its row needs, and the requests that it may make. */
export interface Provided<Parts> {
  readonly common: CommonView;
  readonly parts: Partial<Parts>;
  readonly asks: Asks;
}

interface About {
  readonly title: string;
  /** Authors, year and where to find the paper. */
  readonly paper: string;
  /** One sentence: what the map shows. */
  readonly about: string;
  /** When to choose this method. */
  readonly when: string;
  /** Default number of samples, steps or masks. */
  readonly samples?: number;
  /** Default method that it builds on. */
  readonly base?: string;
}

interface Requirements<Parts, N extends keyof Parts, Q extends keyof Asks> {
  readonly needs: readonly N[];
  /** Runs of the network that the formula asks for itself, and how many of each. */
  readonly asks?: Readonly<Record<Q, Count>>;
}

interface LayerTraits {
  /** How several layers become one map; default `mean`. */
  readonly fuse?: Fusion;
  /** Whether it takes the last layer of each resolution unless told otherwise. */
  readonly stages?: true;
  /** Libraries that normalize the signed map, without the ReLU. */
  readonly signedIn?: readonly Compat[];
}

interface InputTraits {
  readonly shows: 'heatmap' | 'signed' | 'image' | 'concepts';
  /** What becomes of the channels of a map [C, H, W] in the heatmap; default `largest`. */
  readonly collapse?: Collapse;
}

/** Largest magnitude of the channels; magnitude of their sum, where they are shares of the score; or their sum. */
export type Collapse = 'largest' | 'total' | 'sum';

/** What is derived from a row. */
interface Derived {
  readonly asks: Partial<Record<keyof Asks, Count>>;
  /** Runs of the network beyond the forward pass that all methods share. */
  readonly cost: string;
  /** Whether its runs serve the other methods of a call: `all` stands for these methods. */
  readonly shared: boolean;
}

type Formula<Given, Output> = (given: Given) => Output | Steps<Output>;

interface Formulas<Given, Output> {
  readonly map: Formula<Given, Output>;
  /** Where a library's formula differs from the paper's. */
  readonly compat?: Partial<Record<Compat, Formula<Given, Output>>>;
}

/** A method with one map per layer; several layers are fused. */
export interface LayerMethod extends About, LayerTraits, Derived, Formulas<Provided<LayerParts>, Plane> {
  readonly level: 'layer';
  readonly shows: 'heatmap';
  readonly needs: readonly (keyof LayerParts)[];
}

/** A method whose map is of the input itself, or of the whole network. */
export interface InputMethod extends About, InputTraits, Derived, Formulas<Provided<InputParts>, Volume> {
  readonly level: 'input';
  readonly needs: readonly (keyof InputParts)[];
}

export type Method = LayerMethod | InputMethod;

/**
 * A row of the table: the type of what its formula sees follows from `needs` and `asks` alone, never from the formula
 * (`NoInfer`), so that a need that is used and not named does not compile.
 */
export function layerMethod<const N extends keyof LayerParts, const Q extends keyof Asks = never>(
  row: About &
    LayerTraits &
    Requirements<LayerParts, N, Q> &
    Formulas<LayerView<NoInfer<N>, NoInfer<Q>>, Plane>,
): LayerMethod {
  return { ...row, ...withViews<LayerParts, N, Q, Plane>(row), level: 'layer', shows: 'heatmap' };
}

/** The same for a method at the input. */
export function inputMethod<const N extends keyof InputParts = never, const Q extends keyof Asks = never>(
  row: About &
    InputTraits &
    Requirements<InputParts, N, Q> &
    Formulas<InputView<NoInfer<N>, NoInfer<Q>>, Volume>,
): InputMethod {
  return { ...row, ...withViews<InputParts, N, Q, Volume>(row), level: 'input' };
}

function withViews<Parts, N extends keyof Parts & Need, Q extends keyof Asks, Output>({
  needs,
  asks,
  map,
  compat = {},
}: Requirements<Parts, N, Q> & Formulas<View<Parts, N, Q>, Output>): Derived &
  Required<Formulas<Provided<Parts>, Output>> {
  const own: Derived['asks'] = asks ?? {};
  const seeing =
    (formula: Formula<View<Parts, N, Q>, Output>): Formula<Provided<Parts>, Output> =>
    ({ common, parts, asks: all }) =>
      formula(
        Object.assign({ ...common }, neededParts(parts, needs), grantedAsks(all, Object.keys(own) as Q[])),
      );
  return {
    asks: own,
    cost: costOf(needs, own),
    shared: isShared(own),
    map: seeing(map),
    compat: Object.fromEntries(
      Object.entries(compat).map(([library, formula]) => [library, seeing(formula)]),
    ),
  };
}

/** The parts of these names as one object. */
function neededParts<Parts, N extends keyof Parts>(
  parts: Partial<Parts>,
  names: readonly N[],
): Intersection<Parts[N]> {
  const found = names.map((name) => {
    if (parts[name] === undefined) throw new InternalError(`The ${String(name)} of a method are missing.`);
    return parts[name];
  });
  return Object.assign({}, ...found) as Intersection<Parts[N]>;
}

const grantedAsks = <Q extends keyof Asks>(asks: Asks, names: readonly Q[]): Pick<Asks, Q> =>
  Object.fromEntries(names.map((name) => [name, asks[name]])) as Pick<Asks, Q>;
