import { answering, checkSignal } from './answer.ts';
import { drive } from './drive.ts';
import { CamError } from './errors.ts';
import type { Explanation, Failure, Report, TargetInfo, Tensors } from './explanation.ts';
import { overlay, signedPicture } from './image/overlay.ts';
import { carryBack } from './image/placement.ts';
import { toPicture } from './image/preprocess.ts';
import type { Plane, Volume } from './kernels/index.ts';
import { heatmapOf } from './methods/heatmap.ts';
import { METHODS } from './methods/index.ts';
import type { InputMethod, LayerMethod, Method, Rectifier } from './methods/method.ts';
import { classifierWeights } from './network/classifier.ts';
import type { Layer } from './network/layers.ts';
import { toVolume } from './network/layout.ts';
import type { GradientPlan } from './network/network.ts';
import { toFloat, type FloatTensor } from './runtime/tensor.ts';
import { checkCall, setScene, type Call, type Scene } from './scene.ts';
import { findClass } from './targets/label.ts';
import { scoreOf, softmaxOf } from './targets/score.ts';
import type { Scored, Target, TargetInput } from './targets/target.ts';

/** One image, any number of methods and targets: one forward pass, and one backward pass per target. */
export async function explainTargets(call: Call): Promise<Report> {
  checkCall(call);
  await checkSignal(call.options.signal);
  const scene = await setScene(call);
  const explanations: Explanation[] = [];
  const failures: Failure[] = [];
  for (const target of targetsOf(scene)) {
    const aim = aimAt(scene, target);
    for (const [id, method] of scene.methods) {
      await checkSignal(call.options.signal);
      try {
        explanations.push(await explainOne(aim, id, method));
      } catch (error) {
        if (error instanceof CamError && error.code === 'ABORTED') throw error;
        failures.push({ method: id, target: aim.info, error: error as Error });
      }
    }
  }
  const { prediction, preprocessing, timings } = scene;
  return { prediction, explanations, failures, preprocessing, timings };
}

function targetsOf({ options, prediction, output, labels }: Scene): Target[] {
  const { target, top } = options;
  if (top !== undefined) return prediction.slice(0, top).map(({ index }) => ({ class: index }));
  if (target === undefined) return [{ class: prediction[0].index }];
  return [target].flat().map((wish) => resolve(wish, labels, output.classes));
}

function resolve(wish: TargetInput, labels: readonly string[], classes: number): Target {
  if (typeof wish === 'object' && 'of' in wish) return wish;
  const index =
    typeof wish === 'string' ? findClass(wish, labels) : typeof wish === 'number' ? wish : wish.class;
  if (Number.isInteger(index) && index >= 0 && index < classes) return { class: index };
  throw new CamError(
    'UNKNOWN_CLASS',
    `There is no class ${index}: the model has ${classes}, from 0 to ${classes - 1}.`,
  );
}

/** A scene seen for one target; gradients are computed when first asked for. */
interface Aim {
  readonly scene: Scene;
  readonly target: Target;
  readonly scored: Scored;
  readonly info: TargetInfo;
  /** The gradients of a plan; throws what kept it from being planned. */
  readonly gradients: (plan: GradientPlan | Error | undefined) => Promise<ReadonlyMap<string, FloatTensor>>;
}

function aimAt(scene: Scene, target: Target): Aim {
  const { network, output, values, explained, labels, options } = scene;
  const scored = scoreOf(target, toFloat(values[explained]), output, options.score ?? 'logit');
  const done = new Map<GradientPlan, Promise<ReadonlyMap<string, FloatTensor>>>();
  const index = 'class' in target ? target.class : undefined;
  const info: TargetInfo = {
    index,
    label: 'class' in target ? (labels[target.class] ?? String(target.class)) : target.label,
    score: scored.score,
    probability: index === undefined ? undefined : softmaxOf(index, toFloat(values[output.logits]), output),
  };
  return {
    scene,
    target,
    scored,
    info,
    gradients: async (plan) => {
      if (plan === undefined) throw new CamError('BAD_OPTION', 'This gradient was not planned for.');
      if (plan instanceof Error) throw plan;
      const started = performance.now();
      let found = done.get(plan);
      if (!found) done.set(plan, (found = network.backward(plan, scored.seed, values)));
      const gradients = await found;
      scene.timings.backward = (scene.timings.backward ?? 0) + performance.now() - started;
      return gradients;
    },
  };
}

async function explainOne(aim: Aim, id: string, method: Method): Promise<Explanation> {
  const { scene, info } = aim;
  const started = performance.now();
  const warnings = new Set<string>();
  const carry = (map: Plane): Plane => carryBack(map, scene.prepared.placement, scene.kernels);
  const warn = (text: string) => void warnings.add(text);
  let heatmap: Plane;
  let raw: Volume[];
  if (method.level === 'layer') {
    const maps = await layerMaps(aim, id, method, warn);
    warnIfEmpty(maps, warn);
    heatmap = heatmapOf(maps, method.fuse ?? 'mean', scene.options.compat, carry, scene.kernels);
    raw = maps.map((map) => ({ ...map, channels: 1 }));
  } else {
    const map = await inputMap(aim, id, method, warn);
    raw = [map];
    heatmap = scene.kernels.minMax(carry(strength(map)));
    if (map.data.every((value) => value === 0))
      warn('The gradient is zero everywhere: nothing in this image moves the score.');
  }
  const tensors = scene.options.tensors ? await tensorsOf(aim) : undefined;
  scene.timings[id] = (scene.timings[id] ?? 0) + performance.now() - started;
  const shows = method.level === 'layer' ? 'heatmap' : method.shows;
  return {
    method: id,
    target: info,
    layers: method.level === 'layer' || method.cam !== undefined ? scene.layers.map(({ name }) => name) : [],
    heatmap,
    raw,
    shows,
    warnings: [...warnings],
    tensors,
    placement: scene.prepared.placement,
    overlay: (options = {}) => picture(scene, shows, heatmap, raw[0], options),
  };
}

/** Largest magnitude over the channels, position by position (Simonyan et al. 2014, sec. 3.1). */
function strength({ data, channels, height, width }: Volume): Plane {
  const size = height * width;
  const out = new Float32Array(size);
  for (let at = 0; at < channels * size; at++) out[at % size] = Math.max(out[at % size], Math.abs(data[at]));
  return { data: out, height, width };
}

async function layerMaps(
  aim: Aim,
  id: string,
  method: LayerMethod,
  warn: (text: string) => void,
): Promise<Plane[]> {
  const { scene, target } = aim;
  const { compat } = scene.options;
  const gradients = method.needs.includes('gradients') ? await aim.gradients(scene.plans.layers) : undefined;
  const formula = (compat && method.compat?.[compat]) ?? method.map;
  const maps: Plane[] = [];
  for (const layer of scene.layers) {
    const view = {
      k: scene.kernels,
      input: imageOf(scene),
      compat,
      warn,
      A: at(scene, layer, toFloat(scene.values[layer.name])),
      g: gradients && at(scene, layer, gradients.get(layer.name)!),
      classifier: method.needs.includes('classifier') ? weightsFor(aim, layer) : undefined,
    };
    maps.push(await drive(formula(view as Parameters<typeof formula>[0]), answering(scene, id, target)));
  }
  return maps;
}

const at = ({ kernels }: Scene, { layout }: Layer, tensor: FloatTensor): Volume =>
  toVolume(tensor, layout, kernels);

function weightsFor({ scene, target }: Aim, layer: Layer): Float32Array {
  if ('class' in target) return classifierWeights(scene.network, layer, scene.output, target.class);
  throw new CamError('BAD_TARGET', 'CAM explains one class. Use gradcam for other targets.');
}

async function inputMap(
  aim: Aim,
  id: string,
  method: InputMethod,
  warn: (text: string) => void,
): Promise<Volume> {
  const { scene, target } = aim;
  const { input, plans, kernels } = scene;
  const image = imageOf(scene);
  const gradient: Partial<Record<Rectifier, Volume>> = {};
  const wanted = { plain: 'input-gradient', guided: 'guided', deconvnet: 'deconvnet' } as const;
  for (const rectifier of ['plain', 'guided', 'deconvnet'] as const) {
    if (!method.needs.includes(wanted[rectifier])) continue;
    const gradients = await aim.gradients(plans.input[rectifier]);
    gradient[rectifier] = toVolume(gradients.get(input)!, scene.inputLayout!, kernels);
  }
  const base = method.cam === undefined ? undefined : METHODS[method.cam];
  const maps = base?.level === 'layer' ? await layerMaps(aim, id, base, warn) : [];
  const upsample = (map: Plane) => kernels.resample(map, image.height, image.width);
  const view = {
    k: kernels,
    input: image,
    compat: scene.options.compat,
    warn,
    gradient: gradient as Record<Rectifier, Volume>,
    cam: () => heatmapOf(maps, 'mean', scene.options.compat, upsample, kernels),
  };
  return drive(method.map(view), answering(scene, id, target));
}

function imageOf({ image, prepared }: Scene): Volume {
  if (image) return image;
  throw new CamError(
    'UNSUPPORTED_MODEL',
    `The model's input [${prepared.tensor.dims.join(', ')}] is no picture.`,
  );
}

function warnIfEmpty(maps: readonly Plane[], warn: (text: string) => void): void {
  if (maps.some(({ data }) => data.some((value) => value > 0 || Number.isNaN(value)))) return;
  const zero = maps.every(({ data }) => data.every((value) => value === 0));
  warn(
    zero
      ? 'The map is zero everywhere: in this layer nothing changes the score. Try another layer or class.'
      : 'The map is empty: every weighted activation is negative, so this layer only speaks against the class. See the raw map, or try another layer or class.',
  );
}

async function tensorsOf(aim: Aim): Promise<Tensors> {
  const { layers, values, plans, input } = aim.scene;
  const known = async (plan: GradientPlan | Error | undefined) =>
    plan === undefined || plan instanceof Error ? undefined : aim.gradients(plan);
  const atLayers = await known(plans.layers);
  return {
    activations: layers.map(({ name }) => toFloat(values[name])),
    gradients: layers.flatMap(({ name }) => atLayers?.get(name) ?? []),
    inputGradient: (await known(plans.input.plain))?.get(input),
  };
}

function picture(scene: Scene, shows: Explanation['shows'], heatmap: Plane, raw: Volume, options: object) {
  if (shows === 'signed') return signedPicture(raw);
  if (shows === 'image' && scene.preprocessing) return toPicture(raw, scene.preprocessing);
  const image = scene.prepared.picture ?? signedPicture(imageOf(scene));
  return overlay(image, heatmap, options, scene.kernels);
}
