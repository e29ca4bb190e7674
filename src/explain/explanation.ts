import { carryBack } from '../image/placement.ts';
import type { Kernels, Plane, Volume } from '../kernels/index.ts';
import type { Chosen } from '../methods/choice.ts';
import type { Method } from '../methods/method.ts';
import { toFloat } from '../runtime/tensor.ts';
import { ownValue } from '../table.ts';
import type { ExplainOptions, Explanation, Tensors } from '../types.ts';
import type { ForwardPass } from './forward.ts';
import { collapsed, collapseOf, type Heatmap, heatmapOf, type Upsample } from './heatmap.ts';
import { layersFor, type Notes } from './raw-maps.ts';
import type { TargetRun } from './target-run.ts';

/** A method's result for one target: its raw maps for each variant of the image. */
export interface MethodResult {
  readonly chosen: Chosen;
  readonly target: TargetRun;
  readonly maps: readonly (readonly Volume[])[];
  readonly notes: Notes;
  readonly tensors: Tensors | undefined;
}

export type HeatmapSettings = Pick<ExplainOptions, 'compat' | 'fuse' | 'signed'>;

/** Builds the public explanation. */
export function explanationOf(
  { chosen, target, maps, notes, tensors }: MethodResult,
  options: HeatmapSettings,
  kernels: Kernels,
): Explanation {
  const { method } = chosen;
  const { plan, input } = target.pass;
  const raw = meanOf(maps);
  const upsample: Upsample = (map) => carryBack(map, input.image.placement, kernels, input.layout?.depth);
  const { plane, range } = heatmapFor(method, maps, raw, options, upsample, kernels);
  const layers = chosen.needs.includes('activations') ? layersFor(plan, chosen).map(({ name }) => name) : [];
  const suspects = [...layers, ...(Number.isFinite(target.scored.score) ? [] : [plan.explained])];
  const overflow = overflowWarning(target.pass, suspects);
  return {
    method: chosen.id,
    target: target.info,
    layers,
    heatmap: plane,
    range,
    signed: options.signed === true,
    raw,
    shows: method.level === 'layer' ? 'heatmap' : method.shows,
    measures: Object.fromEntries(notes.measures),
    warnings: [...notes.warnings, ...(overflow === undefined ? emptyMapWarnings(method, raw) : [overflow])],
    tensors,
    image: input.image,
  };
}

/** Mean of the maps over the variants of the image. */
function meanOf(variants: MethodResult['maps']): Volume[] {
  const [first, ...others] = variants;
  if (others.length === 0) return [...first];
  return first.map((map, i) => ({
    ...map,
    data: map.data.map(
      (_, at) => variants.reduce((sum, maps) => sum + maps[i].data[at], 0) / variants.length,
    ),
  }));
}

function heatmapFor(
  method: Method,
  variants: MethodResult['maps'],
  raw: readonly Volume[],
  { compat, fuse, signed = false }: HeatmapSettings,
  upsample: Upsample,
  kernels: Kernels,
): Heatmap {
  const one = (volumes: readonly Volume[]): Heatmap => {
    if (method.level === 'layer') {
      const rectified = compat === undefined || !method.signedIn?.includes(compat);
      const fusion = fuse ?? method.fuse ?? 'mean';
      return heatmapOf(volumes, { fuse: fusion, compat, signed, rectified }, upsample, kernels);
    }
    const planes = volumes.map((volume) => collapsed(volume, collapseOf(method, signed)));
    return heatmapOf(planes, { fuse: 'mean', compat: undefined, signed }, upsample, kernels);
  };
  if (variants.length === 1 || compat !== 'pytorch-grad-cam') return one(raw);
  // pytorch-grad-cam averages finished heatmaps.
  const all = variants.map(one);
  const data = all[0].plane.data.map(
    (_, at) => all.reduce((sum, { plane }) => sum + plane.data[at], 0) / all.length,
  );
  return { plane: { ...all[0].plane, data }, range: [0, 1] };
}

/** Warning about infinities and NaN in the values that a map is computed from. */
function overflowWarning({ network, values }: ForwardPass, names: readonly string[]): string | undefined {
  const name = names.find((one) => {
    const value = ownValue(values, one);
    return value !== undefined && !toFloat(value).data.every(Number.isFinite);
  });
  if (name === undefined) return undefined;
  const advice =
    network.facts.types.get(name) === 'float16'
      ? 'float16 numbers end at 65504: use the float32 version of the model.'
      : PREPROCESSING_ADVICE;
  return `"${name}" contains NaN or infinities, so the map is unreliable. ${advice}`;
}

const PREPROCESSING_ADVICE =
  'Check that `preprocessing.range`, `preprocessing.mean` and `preprocessing.std` match its training.';

/** Warnings for a map that shows nothing. */
function emptyMapWarnings(method: Method, maps: readonly Plane[]): string[] {
  if (maps.some(({ data }) => !data.every(Number.isFinite)))
    return [`The map contains NaN or infinities, which occur inside the model. ${PREPROCESSING_ADVICE}`];
  if (maps.some(({ data }) => data.some((value) => value > 0))) return [];
  const zero = maps.every(({ data }) => data.every((value) => value === 0));
  if (method.level === 'layer') {
    return [
      zero
        ? 'The map is zero everywhere: nothing in this layer affects the score. Try another layer or target.'
        : 'The map is empty: all weighted activations are negative, so this layer only lowers the score. See the raw map, or try another layer or target.',
    ];
  }
  return zero ? ['The map is zero everywhere: nothing in this image affects the score.'] : [];
}
