import type { RectifierRule } from '../autodiff/rectifier.ts';
import { extentOf, type Kernels, type Plane, type Volume } from '../kernels/index.ts';
import { maximum, minimum } from '../methods/arrays.ts';
import { ASKS } from '../methods/ask.ts';
import { baselineOf, type Extremes } from '../methods/baseline.ts';
import type { Chosen } from '../methods/choice.ts';
import { eigenSmoothing } from '../methods/component.ts';
import type {
  AttentionMaps,
  BiasGradient,
  CommonView,
  FormulaOptions,
  InputMethod,
  InputParts,
  LayerMethod,
  LayerParts,
  Provided,
} from '../methods/method.ts';
import { random } from '../methods/random.ts';
import { beforeBounds } from '../network/biases.ts';
import { classifierWeights } from '../network/classifier.ts';
import type { Layer } from '../network/layers.ts';
import { toVolume } from '../network/layout.ts';
import type { ExplainedImage, ExplainOptions } from '../types.ts';
import { drive, totalsOf } from './answer.ts';
import { resultOf, resultOr } from './attempt.ts';
import { heatmapOf } from './heatmap.ts';
import { layoutOfImage, volumeOf } from './input.ts';
import type { MethodRun, SharedScores } from './method-run.ts';
import { type Plan, plannedAttention } from './plan.ts';
import { requireClass, type TargetRun } from './target-run.ts';

/** Additional output of a method. */
export interface Notes {
  readonly warnings: Set<string>;
  readonly measures: Map<string, number>;
}

/** Options that affect a formula or its runs. */
export type MapOptions = MethodRun['options'] &
  FormulaOptions &
  Pick<ExplainOptions, 'compat' | 'eigenSmooth' | 'fuse'>;

/** One method on one target. */
export interface MapRequest {
  readonly chosen: Chosen;
  readonly target: TargetRun;
  /** The targets of the call that the method changes the image alike for. */
  readonly shared: SharedScores | undefined;
  readonly options: MapOptions;
  readonly kernels: Kernels;
  readonly notes: Notes;
}

/** The layers a method uses; none if the plan has none. */
export const layersFor = ({ layers, stages }: Plan, { method }: Chosen): readonly Layer[] =>
  method.level === 'layer' && method.stages && stages.length > 0 ? stages : resultOr(layers, []);

/** The signed map of each layer ([1, h, w]), or the map of the input. */
export async function rawMaps(request: MapRequest): Promise<Volume[]> {
  const { chosen, target } = request;
  const { method } = chosen;
  if (method.level === 'input') return [await inputMap(request, method)];
  const { plan } = target.pass;
  resultOf(plan.layers);
  const maps: Volume[] = [];
  for (const layer of layersFor(plan, chosen))
    maps.push({ ...(await layerMap(request, method, layer)), channels: 1 });
  return maps;
}

async function layerMap(request: MapRequest, method: LayerMethod, layer: Layer): Promise<Plane> {
  const { chosen, options } = request;
  const parts = await layerParts(request, chosen.needs, layer);
  const common = commonView(request);
  const provided: Provided<LayerParts> = {
    common: options.eigenSmooth ? { ...common, k: eigenSmoothing(common.k) } : common,
    parts,
    asks: ASKS,
  };
  const { base } = chosen;
  if (base) {
    const formula = formulaOf(base, options);
    parts.base = {
      *base(g) {
        const made = formula({ ...provided, parts: { ...parts, gradients: { g } } });
        return 'data' in made ? made : yield* made;
      },
    };
  }
  return drive(formulaOf(method, options)(provided), methodRun(request, layer), totals(request));
}

async function inputMap(request: MapRequest, method: InputMethod): Promise<Volume> {
  const { options, target } = request;
  const provided: Provided<InputParts> = {
    common: commonView(request),
    parts: await inputParts(request, method.needs),
    asks: ASKS,
  };
  const [layer] = resultOr(target.pass.plan.layers, []);
  return drive(formulaOf(method, options)(provided), methodRun(request, layer), totals(request));
}

const formulaOf = <Formula>(
  { map, compat = {} }: { map: Formula; compat?: Partial<Record<string, Formula>> },
  options: MapOptions,
): Formula => (options.compat === undefined ? undefined : compat[options.compat]) ?? map;

const methodRun = (
  { chosen, target, shared, kernels, options }: MapRequest,
  layer: Layer | undefined,
): MethodRun => ({ id: chosen.id, target, shared, layer, kernels, options });

const totals = (request: MapRequest) =>
  totalsOf(
    request.chosen.method.asks,
    samplesOf(request),
    resultOr(request.target.pass.plan.attention, undefined)?.layers.length ?? 0,
  );

const samplesOf = ({ chosen, options }: MapRequest): number => options.samples ?? chosen.method.samples ?? 1;

function commonView(request: MapRequest): CommonView {
  const { chosen, target, options, kernels, notes } = request;
  const input = volumeOf(target.pass.input);
  return {
    k: kernels,
    input,
    score: target.scored.score,
    samples: samplesOf(request),
    options,
    baseline: (usual) =>
      baselineOf(options.baseline ?? usual, input, extremesOf(input, target.pass.input.image)),
    random: (stream) => random(options.seed ?? 0, chosen.id, stream),
    warn: (text) => void notes.warnings.add(text),
    measure: (name, value) => void notes.measures.set(name, value),
  };
}

/** Black and white after preprocessing; for a tensor, its smallest and largest number. */
function extremesOf({ data, channels }: Volume, { picture, preprocessing }: ExplainedImage): Extremes {
  if (preprocessing && picture) {
    const { range, mean, std } = preprocessing;
    const [black, white] = range.map((value) => mean.map((m, c) => (value - m) / std[c]));
    return { black, white };
  }
  const filled = (value: number) => new Array<number>(channels).fill(value);
  return { black: filled(minimum(data)), white: filled(maximum(data)) };
}

type Mutable<Parts> = { -readonly [Name in keyof Parts]?: Parts[Name] };

async function layerParts(
  { target, kernels, options }: MapRequest,
  needs: Chosen['needs'],
  layer: Layer,
): Promise<Mutable<LayerParts>> {
  const parts: Mutable<LayerParts> = {};
  if (needs.includes('activations')) parts.activations = activationsOf(target, layer, kernels);
  if (needs.includes('gradients')) {
    const gradients = await target.gradients(target.pass.plan.gradients.layers);
    parts.gradients = { g: toVolume(gradients.get(layer.name)!, layer.layout, kernels) };
  }
  if (needs.includes('classifier'))
    parts.classifier = { classifier: await weightsFor(target, layer, options) };
  return parts;
}

async function inputParts(
  request: MapRequest,
  needs: readonly (keyof InputParts)[],
): Promise<Mutable<InputParts>> {
  const { target, kernels, chosen } = request;
  const { plan } = target.pass;
  const at = (rule: RectifierRule) => gradientAtInput(target, rule, kernels);
  const parts: Mutable<InputParts> = {};
  if (needs.includes('input-gradient')) parts['input-gradient'] = { gradient: await at('plain') };
  if (needs.includes('guided')) parts.guided = { guided: await at('guided') };
  if (needs.includes('deconvnet')) parts.deconvnet = { deconvnet: await at('deconvnet') };
  if (needs.includes('activations'))
    parts.activations = activationsOf(target, resultOf(plan.layers)[0], kernels);
  if (chosen.base) parts.base = { cam: await camOf(request, chosen.base) };
  if (needs.includes('biases')) parts.biases = { biases: await biasGradients(target, kernels) };
  if (needs.includes('attention')) parts.attention = { attention: attentionMaps(target) };
  return parts;
}

const activationsOf = ({ pass }: TargetRun, { name, layout }: Layer, kernels: Kernels) => ({
  A: toVolume(pass.network.real(pass.values, name), layout, kernels),
});

async function gradientAtInput(
  { pass, gradients }: TargetRun,
  rule: RectifierRule,
  kernels: Kernels,
): Promise<Volume> {
  const { plan, input } = pass;
  const found = await gradients(plan.gradients[rule]);
  return toVolume(found.get(plan.input)!, layoutOfImage(input), kernels);
}

/** The base CAM of an input-level method, at the input's size. */
async function camOf(request: MapRequest, base: LayerMethod): Promise<Plane> {
  const { kernels, options, chosen, target } = request;
  const size = extentOf(volumeOf(target.pass.input));
  const maps = await rawMaps({ ...request, chosen: { ...chosen, method: base, base: undefined } });
  const resize = (map: Plane) => kernels.resample(map, size);
  const fuse = options.fuse ?? base.fuse ?? 'mean';
  return heatmapOf(maps, { fuse, compat: options.compat, signed: false }, resize, kernels).plane;
}

async function biasGradients({ pass, gradients }: TargetRun, kernels: Kernels): Promise<BiasGradient[]> {
  const terms = pass.plan.biases ? resultOf(pass.plan.biases) : [];
  if (terms.length === 0) return [];
  const found = await gradients(pass.plan.gradients.biases);
  return terms.map((term) => {
    const { value, layout, bias } = term;
    const g = beforeBounds(term, found.get(value)!, pass.values);
    return { g: toVolume(g, layout, kernels), bias };
  });
}

function attentionMaps({ pass }: TargetRun): AttentionMaps {
  const { layers, count, grid } = plannedAttention(pass.plan);
  return {
    ...grid,
    layers: layers.map(({ probabilities, heads }) => ({
      data: pass.network.real(pass.values, probabilities).data,
      channels: heads,
      height: count,
      width: count,
    })),
  };
}

async function weightsFor(
  target: TargetRun,
  layer: Layer,
  { counterfactual }: Pick<ExplainOptions, 'counterfactual'>,
): Promise<Float32Array> {
  const { network, plan } = target.pass;
  const weights = await classifierWeights(
    network,
    plan.input,
    layer,
    plan.output,
    requireClass(target, 'CAM'),
  );
  return counterfactual ? weights.map((weight) => -weight) : weights;
}
