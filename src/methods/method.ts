import { InternalError } from '../errors.ts';
import type { Extent, Kernels, Plane, Volume } from '../kernels/index.ts';
import type { Asks, Steps } from './ask.ts';
import type { Baseline } from './baseline.ts';
import { costOf, type Count, isShared } from './cost.ts';
import type { Random } from './random.ts';

/** Libraries whose results can be reproduced. */
export const COMPATS = ['pytorch-grad-cam', 'torch-cam'] as const;
/** A library whose results can be reproduced. */
export type Compat = (typeof COMPATS)[number];

/** How the maps of several layers are fused. */
export const FUSIONS = ['mean', 'max', 'product', 'layercam'] as const;
/** How the maps of several layers are fused. */
export type Fusion = (typeof FUSIONS)[number];

/** Inputs of a formula. All needs of a call come from one forward pass. */
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

/** Needs that do not depend on the target. */
const TARGET_FREE: ReadonlySet<Need> = new Set(['activations', 'attention']);

/** Whether a method changes the image or layer in the same way for every target, so that one run scores all of them. */
export const hasSharedVariants = (needs: readonly Need[]): boolean =>
  needs.every((need) => TARGET_FREE.has(need));

/** Parts of a layer formula's view, by need. */
export interface LayerParts {
  /** A: activations, [C, h, w]. */
  readonly activations: { readonly A: Volume };
  /** g = ∂y/∂A, [C, h, w]. */
  readonly gradients: { readonly g: Volume };
  /** The classifier's row for the target class, [C]. */
  readonly classifier: { readonly classifier: Float32Array };
  /** The base row's formula, with g in place of its gradients. */
  readonly base: { readonly base: (g: Volume) => Steps<Plane> };
}

/** Parts of an input formula's view, by need. */
export interface InputParts {
  readonly activations: { readonly A: Volume };
  /** ∂y/∂input, [C, H, W]. */
  readonly 'input-gradient': { readonly gradient: Volume };
  readonly guided: { readonly guided: Volume };
  readonly deconvnet: { readonly deconvnet: Volume };
  readonly biases: { readonly biases: readonly BiasGradient[] };
  readonly attention: { readonly attention: AttentionMaps };
  /** The map of the base row, at the input's size, in [0, 1]. */
  readonly base: { readonly cam: Plane };
}

/** The value after a bias is added: its gradients [C, h, w], and the bias of each channel. */
export interface BiasGradient {
  readonly g: Volume;
  readonly bias: Float32Array;
}

/** Self-attention over the tokens of an image, layer by layer. */
export interface AttentionMaps extends Readonly<Extent> {
  /** Probabilities of each layer, [heads, N, N]: rows are queries, columns keys. */
  readonly layers: readonly Volume[];
  /** Number of class and register tokens at the start of the N tokens; the rest are rows of the image. */
  readonly prefix: number;
}

/** Options of the formulas. */
export interface FormulaOptions {
  /** Seed of all random numbers. Default 0. */
  seed?: number;
  /** Number of samples, steps or masks. Default: the method's (docs/methods.md). */
  samples?: number;
  /** Limit on channels for methods that run once per channel: they use the N that vary most. Default: all. */
  channels?: number;
  /** Number of concepts for `dff`. Default 5. */
  concepts?: number;
  /** Baseline image of methods that compare with one. Default: as in the method's paper. */
  baseline?: Baseline;
}

/** The part of a view that every formula has. */
export interface CommonView {
  readonly k: Kernels;
  /** The model's input, channel first. */
  readonly input: Volume;
  /** Value of the explained score. */
  readonly score: number;
  /** Number of samples, steps or masks: the caller's, or else the method's. */
  readonly samples: number;
  /** The caller's options. */
  readonly options: Readonly<FormulaOptions>;
  /** The baseline input [C, H, W]: the caller's choice, or else the method's usual one. */
  readonly baseline: (usual: Baseline) => Float32Array;
  /** Random numbers, determined by seed, method and stream. */
  readonly random: (stream?: number) => Random;
  /** Adds a warning to the explanation. */
  readonly warn: (text: string) => void;
  /** Adds a number to the explanation. */
  readonly measure: (name: string, value: number) => void;
}

/** Converts A | B to A & B. */
type Intersection<Union> = (Union extends unknown ? (one: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;

/** Exactly the view of a row with needs N and requests Q: anything else does not compile. */
type View<Parts, N extends keyof Parts, Q extends keyof Asks> = CommonView &
  Intersection<Parts[N]> &
  Pick<Asks, Q>;

export type LayerView<N extends keyof LayerParts, Q extends keyof Asks = never> = View<LayerParts, N, Q>;
export type InputView<N extends keyof InputParts, Q extends keyof Asks = never> = View<InputParts, N, Q>;

/** Sources of a formula's view: the parts a row may need, and the requests it may make. */
export interface Provided<Parts> {
  readonly common: CommonView;
  readonly parts: Partial<Parts>;
  readonly asks: Asks;
}

interface About {
  readonly title: string;
  /** Authors, year and reference of the paper. */
  readonly paper: string;
  /** What the map shows, in one sentence. */
  readonly about: string;
  /** When to choose this method. */
  readonly when: string;
  /** Default number of samples, steps or masks. */
  readonly samples?: number;
  /** Default method to build on. */
  readonly base?: string;
}

interface Requirements<Parts, N extends keyof Parts, Q extends keyof Asks> {
  readonly needs: readonly N[];
  /** Runs of the network that the formula requests, and the number of each. */
  readonly asks?: Readonly<Record<Q, Count>>;
}

interface LayerTraits {
  /** How several layers are fused; default `mean`. */
  readonly fuse?: Fusion;
  /** Whether it uses the last layer of each resolution by default. */
  readonly stages?: true;
  /** Libraries that normalize the signed map, without ReLU. */
  readonly signedIn?: readonly Compat[];
}

interface InputTraits {
  readonly shows: 'heatmap' | 'signed' | 'image' | 'concepts';
  /** How the heatmap combines the channels of a map [C, H, W]; default `largest`. */
  readonly collapse?: Collapse;
}

/** Largest magnitude over channels, magnitude of their sum (for shares of the score), or plain sum. */
export type Collapse = 'largest' | 'total' | 'sum';

/** Properties derived from a row. */
interface Derived {
  readonly asks: Partial<Record<keyof Asks, Count>>;
  /** Runs of the network beyond the forward pass, which all methods share. */
  readonly cost: string;
  /** Whether other methods of a call share its runs; `all` selects these methods. */
  readonly shared: boolean;
}

type Formula<Given, Output> = (given: Given) => Output | Steps<Output>;

interface Formulas<Given, Output> {
  readonly map: Formula<Given, Output>;
  /** Formulas of libraries that differ from the paper's. */
  readonly compat?: Partial<Record<Compat, Formula<Given, Output>>>;
}

/** A method with one map per layer; several layers are fused. */
export interface LayerMethod extends About, LayerTraits, Derived, Formulas<Provided<LayerParts>, Plane> {
  readonly level: 'layer';
  readonly shows: 'heatmap';
  readonly needs: readonly (keyof LayerParts)[];
}

/** A method with a map of the input or of the whole network. */
export interface InputMethod extends About, InputTraits, Derived, Formulas<Provided<InputParts>, Volume> {
  readonly level: 'input';
  readonly needs: readonly (keyof InputParts)[];
}

export type Method = LayerMethod | InputMethod;

/**
 * A row of the table. `needs` and `asks` alone determine the formula's view, never the formula (`NoInfer`), so an
 * undeclared need does not compile.
 */
export function layerMethod<const N extends keyof LayerParts, const Q extends keyof Asks = never>(
  row: About &
    LayerTraits &
    Requirements<LayerParts, N, Q> &
    Formulas<LayerView<NoInfer<N>, NoInfer<Q>>, Plane>,
): LayerMethod {
  return { ...row, ...withViews<LayerParts, N, Q, Plane>(row), level: 'layer', shows: 'heatmap' };
}

/** Like `layerMethod`, for a method at the input. */
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

/** The named parts, as one object. */
function neededParts<Parts, N extends keyof Parts>(
  parts: Partial<Parts>,
  names: readonly N[],
): Intersection<Parts[N]> {
  const found = names.map((name) => {
    if (parts[name] === undefined) throw new InternalError(`A method lacks its ${String(name)}.`);
    return parts[name];
  });
  return Object.assign({}, ...found) as Intersection<Parts[N]>;
}

const grantedAsks = <Q extends keyof Asks>(asks: Asks, names: readonly Q[]): Pick<Asks, Q> =>
  Object.fromEntries(names.map((name) => [name, asks[name]])) as Pick<Asks, Q>;
