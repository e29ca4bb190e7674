import type { Kernels } from '../kernels/index.ts';
import type { Plane, Volume } from '../kernels/volume.ts';
import type { Baseline } from './baseline.ts';
import type { Random } from './random.ts';
import type { Steps } from './request.ts';

/** Libraries whose numbers can be reproduced. */
export const COMPATS = ['pytorch-grad-cam', 'torch-cam'] as const;
export type Compat = (typeof COMPATS)[number];

/** What a method wants to have, or to be able to ask for. Everything needed in one call comes out of one forward pass. */
export const NEEDS = {
  activations: 'activations of a layer',
  gradients: 'gradients at the layer',
  backward: 'gradients at the layer, for other targets or inputs',
  head: 'the part of the model behind the layer, run by itself',
  'input-gradient': 'the gradient at the input',
  guided: 'the gradient at the input under the guided rule',
  deconvnet: 'the gradient at the input under the deconvnet rule',
  biases: 'gradients at every convolution and normalisation that has a bias',
  classifier: 'global average pooling and a linear classifier',
  attention: 'attention probabilities over tokens',
  'attention-gradients': 'gradients at the attention probabilities',
} as const;
export type Need = keyof typeof NEEDS;

/** Gradient rules at rectifiers: the true one, or those of guided backpropagation and the deconvnet. */
export type Rectifier = 'plain' | 'guided' | 'deconvnet';

/** How the maps of several layers become one. */
export const FUSE = ['mean', 'max', 'product', 'layercam'] as const;
export type Fusion = (typeof FUSE)[number];

/** What every formula may use. */
interface View {
  readonly k: Kernels;
  /** The model's input, channel first. */
  readonly input: Volume;
  /** Value of the explained score. */
  readonly score: number;
  readonly compat: Compat | undefined;
  /** How many samples, steps or masks to take. */
  readonly samples: number;
  /** At most so many channels, where a method goes through them one by one. */
  readonly channels: number | undefined;
  /** How many concepts to look for. */
  readonly concepts: number;
  /** The input [C, H, W] in which nothing is to be seen. */
  readonly baseline: (usual: Baseline) => Float32Array;
  /** Random numbers, the same for the same seed, method and number of the stream. */
  readonly random: (stream?: number) => Random;
  /** Says why a map looks as it does: an unreliable weight, an empty map. */
  readonly warn: (text: string) => void;
  /** Adds a number to the explanation. */
  readonly measure: (name: string, value: number) => void;
}

/** One layer, as the formulas of CAM methods see it. */
export interface LayerView extends View {
  /** Activations A, [C, h, w]. */
  readonly A: Volume;
  /** Gradients g = ∂y/∂A, [C, h, w]. */
  readonly g: Volume;
  /** Row of the classifier for the target's class, [C]: where the layer ends in pooling and a linear head. */
  readonly classifier: Float32Array;
  /** Formula of the row that this one builds on. */
  readonly base: (view: LayerView) => Steps<Plane>;
}

/** A value with a bias in it: gradients [C, h, w] there, and the bias of each channel. */
export interface BiasView {
  readonly g: Volume;
  readonly bias: Float32Array;
}

/** Self-attention over the tokens of a picture, layer by layer. */
export interface AttentionView {
  /** Probabilities of each layer, [heads, N, N]: rows are queries, columns keys. */
  readonly layers: readonly Volume[];
  /** Of the N tokens the first `prefix` are class and register tokens; the others are rows of the picture. */
  readonly prefix: number;
  readonly height: number;
  readonly width: number;
}

/** The input, as methods at its level see it. Each part is there when the row needs it. */
export interface InputView extends View {
  /** ∂y/∂input under each rule for rectifiers, [C, H, W]. */
  readonly gradient: Readonly<Record<Rectifier, Volume>>;
  /** The CAM of the row that this one builds on, at the input's size, in [0, 1]. */
  readonly cam: () => Plane;
  /** Activations of the layer. */
  readonly A: Volume;
  readonly biases: readonly BiasView[];
  readonly attention: AttentionView;
}

interface Row {
  readonly title: string;
  /** Authors, year and where to find the paper. */
  readonly paper: string;
  /** One sentence: what the map shows. */
  readonly about: string;
  /** When to take it rather than another. */
  readonly when: string;
  /** Runs of the network beyond the forward pass that all methods share. */
  readonly cost: string;
  /** `own` where these runs are for this method alone; by default they serve all methods of a call. */
  readonly runs?: 'own';
  readonly needs: readonly Need[];
  /** How many samples, steps or masks it takes unless told otherwise. */
  readonly samples?: number;
  /** Row that it builds on unless told otherwise; several may serve. */
  readonly base?: string;
}

type LayerFormula = (view: LayerView) => Plane | Steps<Plane>;

/** A map per layer: Σ_k of something. Several layers are fused. */
export interface LayerMethod extends Row {
  readonly level: 'layer';
  /** How several layers become one map; default `mean`. */
  readonly fuse?: Fusion;
  /** Looks at the last layer of each resolution unless told otherwise. */
  readonly stages?: true;
  /** Libraries that normalise the signed map, without the ReLU. */
  readonly signedIn?: readonly Compat[];
  readonly map: LayerFormula;
  /** Where a library's formula differs from the paper's. */
  readonly compat?: Partial<Record<Compat, LayerFormula>>;
}

/** A map of the input itself, or of the whole network. */
export interface InputMethod extends Row {
  readonly level: 'input';
  readonly shows: 'heatmap' | 'signed' | 'image' | 'concepts';
  /** What of a map [C, H, W] is the heatmap; default `largest`. */
  readonly collapse?: Collapse;
  readonly map: (view: InputView) => Volume | Steps<Volume>;
  readonly compat?: Partial<Record<Compat, (view: InputView) => Volume | Steps<Volume>>>;
}

/** Largest magnitude of the channels; magnitude of their sum, where they are shares of the score; or their sum. */
export type Collapse = 'largest' | 'total' | 'sum';

export type Method = LayerMethod | InputMethod;
