import type { Aim } from './aim.ts';
import { answering } from './answer.ts';
import { drive } from './drive.ts';
import { CamError } from '../errors.ts';
import type { Plane, Volume } from '../kernels/index.ts';
import { baselineOf, type Extremes } from '../methods/baseline.ts';
import type { Chosen } from '../methods/choice.ts';
import { eigenSmoothing } from '../methods/component.ts';
import { heatmapOf } from './heatmap.ts';
import type {
  AttentionView,
  BiasView,
  InputMethod,
  InputView,
  LayerMethod,
  LayerView,
  Rectifier,
} from '../methods/method.ts';
import { random } from '../methods/random.ts';
import { classifierWeights } from '../network/classifier.ts';
import type { Layer } from '../network/layers.ts';
import { toVolume } from '../network/layout.ts';
import { toFloat, type FloatTensor } from '../runtime/tensor.ts';
import type { Scene } from './scene.ts';
import { classOf } from '../targets/objective.ts';

/** What a method says besides its map. */
export interface Notes {
  readonly warnings: Set<string>;
  readonly measures: Record<string, number>;
}

/** The layers that a method looks at. */
export const layersOf = ({ layers, stages }: Scene, { method }: Chosen): readonly Layer[] =>
  method.level === 'layer' && method.stages && stages.length > 0 ? stages : layers;

/** The signed map of each layer, or the one of the input. */
export async function rawMaps(aim: Aim, chosen: Chosen, notes: Notes): Promise<Volume[]> {
  const { method } = chosen;
  if (method.level === 'input') return [await inputMap(aim, chosen, method, notes)];
  if (aim.scene.layerless) throw aim.scene.layerless;
  const maps: Volume[] = [];
  for (const layer of layersOf(aim.scene, chosen))
    maps.push({ ...(await layerMap(aim, chosen, method, layer, notes)), channels: 1 });
  return maps;
}

const DEFAULT_CONCEPTS = 5;

/** What every formula sees. */
function viewOf({ scene, scored }: Aim, { id, method }: Chosen, { warnings, measures }: Notes) {
  const { options, kernels } = scene;
  const image = imageOf(scene);
  return {
    k: kernels,
    input: image,
    score: scored.score,
    compat: options.compat,
    samples: options.samples ?? method.samples ?? 1,
    channels: options.channels,
    concepts: options.concepts ?? DEFAULT_CONCEPTS,
    baseline: (usual) => baselineOf(options.baseline ?? usual, image, extremesOf(scene)),
    random: (stream) => random(options.seed ?? 0, id, stream),
    warn: (text) => void warnings.add(text),
    measure: (name, value) => void (measures[name] = value),
  } satisfies Partial<InputView>;
}

async function layerMap(
  aim: Aim,
  chosen: Chosen,
  method: LayerMethod,
  layer: Layer,
  notes: Notes,
): Promise<Plane> {
  const { scene } = aim;
  const { kernels, options, plans } = scene;
  const { needs, base } = chosen;
  const gradients = needs.includes('gradients') ? await aim.gradients(plans.layers) : undefined;
  const view = {
    ...viewOf(aim, chosen, notes),
    k: options.eigenSmooth ? eigenSmoothing(kernels) : kernels,
    A: toVolume(toFloat(scene.values[layer.name]), layer.layout, kernels),
    g: gradients && toVolume(gradients.get(layer.name)!, layer.layout, kernels),
    classifier: needs.includes('classifier') ? weightsFor(aim, layer) : undefined,
    base: function* (given: LayerView) {
      const found = formulaOf(base as LayerMethod, scene)(given);
      return 'data' in found ? found : yield* found;
    },
  } as LayerView;
  return drive(formulaOf(method, scene)(view), answering(aim, chosen.id, layer));
}

const formulaOf = <Formula>(
  { map, compat }: { map: Formula; compat?: Partial<Record<string, Formula>> },
  { options }: Scene,
): Formula => compat?.[options.compat ?? ''] ?? map;

async function inputMap(aim: Aim, chosen: Chosen, method: InputMethod, notes: Notes): Promise<Volume> {
  const { scene } = aim;
  const { input, kernels, values } = scene;
  const { needs, base } = chosen;
  const gradient: Partial<Record<Rectifier, Volume>> = {};
  for (const [rectifier, need] of [
    ['plain', 'input-gradient'],
    ['guided', 'guided'],
    ['deconvnet', 'deconvnet'],
  ] as const) {
    if (!needs.includes(need)) continue;
    const gradients = await aim.gradients(scene.plans.input[rectifier]);
    gradient[rectifier] = toVolume(gradients.get(input)!, scene.inputLayout!, kernels);
  }
  if (needs.includes('activations') && scene.layerless) throw scene.layerless;
  const [layer] = scene.layers;
  const cam = base && (await camOf(aim, { ...chosen, method: base }, notes));
  const view = {
    ...viewOf(aim, chosen, notes),
    gradient,
    cam: () => cam,
    A: needs.includes('activations')
      ? toVolume(toFloat(values[layer.name]), layer.layout, kernels)
      : undefined,
    biases: needs.includes('biases') ? await biasesOf(aim) : [],
    attention: needs.includes('attention') ? attentionViewOf(scene) : undefined,
  } as InputView;
  return drive(formulaOf(method, scene)(view), answering(aim, chosen.id, layer));
}

/** The CAM that an input-level method builds on, at the input's size. */
async function camOf(aim: Aim, chosen: Chosen, notes: Notes): Promise<Plane> {
  const { height, width } = imageOf(aim.scene);
  const { kernels, options } = aim.scene;
  const maps = await rawMaps(aim, chosen, notes);
  const carry = (map: Plane) => kernels.resample(map, height, width);
  const fuse = options.fuse ?? (chosen.method as LayerMethod).fuse ?? 'mean';
  return heatmapOf(maps, { fuse, compat: options.compat, signed: false }, carry, kernels).plane;
}

async function biasesOf({ scene, gradients }: Aim): Promise<BiasView[]> {
  if (scene.biases instanceof Error) throw scene.biases;
  if (scene.biases.length === 0) return [];
  const found = await gradients(scene.plans.inner);
  return scene.biases.map(({ value, bias }) => ({ g: mapAt(found.get(value)!), bias }));
}

const mapAt = ({ dims, data }: FloatTensor): Volume => {
  const [, channels, height, width] = dims;
  return { data, channels, height, width };
};

function attentionViewOf({ attention, values }: Scene): AttentionView {
  if (attention === undefined || attention instanceof Error) throw attention!;
  const { layers, count, grid } = attention;
  return {
    ...grid,
    layers: layers.map(({ probabilities, heads }) => ({
      data: toFloat(values[probabilities]).data,
      channels: heads,
      height: count,
      width: count,
    })),
  };
}

function weightsFor({ scene, objective }: Aim, layer: Layer): Float32Array {
  const index = classOf(objective);
  if (index === undefined)
    throw new CamError('BAD_TARGET', 'CAM explains one class. Use gradcam for other targets.');
  const weights = classifierWeights(scene.network, scene.input, layer, scene.output, index);
  return scene.options.counterfactual ? weights.map((w) => -w) : weights;
}

/** Black and white after preprocessing; for a tensor that came as it is, its own smallest and largest number. */
function extremesOf(scene: Scene): Extremes {
  const { data, channels } = imageOf(scene);
  const { preprocessing, prepared } = scene;
  if (preprocessing && prepared.picture) {
    const { range, mean, std } = preprocessing;
    const [black, white] = range.map((value) => mean.map((m, c) => (value - m) / std[c]));
    return { black, white };
  }
  const filled = (value: number) => new Array<number>(channels).fill(value);
  return {
    black: filled(data.reduce((a, b) => Math.min(a, b), Infinity)),
    white: filled(data.reduce((a, b) => Math.max(a, b), -Infinity)),
  };
}

export function imageOf({ image, prepared }: Scene): Volume {
  if (image) return image;
  throw new CamError(
    'UNSUPPORTED_MODEL',
    `The model's input [${prepared.tensor.dims.join(', ')}] is no picture.`,
  );
}
