import type { Explanation } from '../types.ts';
import type { Task } from './task.ts';
import { conceptPicture } from '../image/concepts.ts';
import { overlay, signedPicture, type OverlayOptions } from '../image/overlay.ts';
import type { Picture } from '../image/picture.ts';
import { carryBack } from '../image/placement.ts';
import { toPicture } from '../image/preprocess.ts';
import type { Plane, Volume } from '../kernels/index.ts';
import { imageOf, layersOf } from './maps.ts';
import { COLLAPSES, collapsed, heatmapOf, rescaled, type Heatmap } from './heatmap.ts';
import type { Method } from '../methods/method.ts';
import type { Scene } from './scene.ts';

/** What a task found, as its caller gets it. */
export function present(task: Task): Explanation {
  const { aim, chosen, notes, maps, tensors } = task;
  const { scene, info } = aim;
  const { method } = chosen;
  const raw = meanOf(maps);
  const { plane: heatmap, range } = heatmapFor(task, raw);
  warnIfVoid(method, raw, notes.warnings);
  const shows = method.level === 'layer' ? 'heatmap' : method.shows;
  const looksAtLayer = chosen.needs.includes('activations');
  const explanation: Explanation = {
    method: chosen.id,
    target: info,
    layers: looksAtLayer ? layersOf(scene, chosen).map(({ name }) => name) : [],
    heatmap,
    range,
    signed: scene.options.signed === true,
    raw,
    shows,
    measures: notes.measures,
    warnings: [...notes.warnings],
    tensors,
    placement: scene.prepared.placement,
    overlay: (options = {}) => picture(scene, shows, heatmap, raw[0], options),
    onScale(scale) {
      const shared = rescaled(heatmap, range, scale);
      const drawn = (options: OverlayOptions = {}) => picture(scene, shows, shared, raw[0], options);
      return { ...explanation, heatmap: shared, range: scale, overlay: drawn };
    },
  };
  return explanation;
}

/** Mean of the maps over the variants of the image. */
function meanOf(variants: readonly (readonly Volume[])[]): Volume[] {
  const [first, ...others] = variants;
  if (others.length === 0) return [...first];
  return first.map((map, i) => ({
    ...map,
    data: map.data.map(
      (_, at) => variants.reduce((sum, maps) => sum + maps[i].data[at], 0) / variants.length,
    ),
  }));
}

function heatmapFor({ aim, chosen, maps }: Task, raw: readonly Volume[]): Heatmap {
  const { kernels, options, prepared } = aim.scene;
  const { compat, signed = false } = options;
  const { method } = chosen;
  const carry = (map: Plane): Plane => carryBack(map, prepared.placement, kernels);
  const one = (volumes: readonly Volume[]): Heatmap => {
    if (method.level === 'layer') {
      const fuse = options.fuse ?? method.fuse ?? 'mean';
      const rectified = compat === undefined || !method.signedIn?.includes(compat);
      return heatmapOf(volumes, { fuse, compat, signed, rectified }, carry, kernels);
    }
    const collapse = COLLAPSES[method.collapse ?? 'largest'][signed ? 'signed' : 'plain'];
    const planes = volumes.map((volume) => collapsed(volume, collapse));
    return heatmapOf(planes, { fuse: 'mean', compat: undefined, signed }, carry, kernels);
  };
  if (maps.length === 1 || compat !== 'pytorch-grad-cam') return one(raw);
  // Its smoothing averages finished heatmaps.
  const all = maps.map(one);
  const data = all[0].plane.data.map(
    (_, at) => all.reduce((sum, { plane }) => sum + plane.data[at], 0) / all.length,
  );
  return { plane: { ...all[0].plane, data }, range: [0, 1] };
}

function warnIfVoid(method: Method, maps: readonly Volume[], warnings: Set<string>): void {
  if (maps.some(({ data }) => data.some(Number.isNaN))) {
    warnings.add(
      'The map holds values that are no numbers (NaN): somewhere the model computes with infinities. Look whether its preprocessing is what it was trained with (--range, --mean, --std).',
    );
    return;
  }
  if (maps.some(({ data }) => data.some((value) => value > 0))) return;
  const zero = maps.every(({ data }) => data.every((value) => value === 0));
  if (method.level === 'layer') {
    warnings.add(
      zero
        ? 'The map is zero everywhere: in this layer nothing changes the score. Try another layer or class.'
        : 'The map is empty: every weighted activation is negative, so this layer only speaks against the class. See the raw map, or try another layer or class.',
    );
  } else if (zero) {
    warnings.add('The map is zero everywhere: nothing in this image moves the score.');
  }
}

/** Colours for maps with a sign. */
const DIVERGING = 'coolwarm';

function picture(
  scene: Scene,
  shows: Explanation['shows'],
  heatmap: Plane,
  raw: Volume,
  options: OverlayOptions,
): Picture {
  if (shows === 'signed') return signedPicture(carried(scene, raw), scene.preprocessing?.channels);
  if (shows === 'image' && scene.preprocessing) return toPicture(raw, scene.preprocessing);
  const image = scene.prepared.picture ?? signedPicture(imageOf(scene));
  if (shows === 'concepts') return conceptPicture(image, channelsOf(scene, raw), options.alpha);
  const colormap = options.colormap ?? (scene.options.signed ? DIVERGING : undefined);
  return overlay(image, heatmap, { ...options, colormap }, scene.kernels);
}

/** The channels of a map, each at the image's size. */
function channelsOf({ prepared, kernels }: Scene, { data, channels, height, width }: Volume): Plane[] {
  const size = height * width;
  return Array.from({ length: channels }, (_, c) =>
    carryBack({ data: data.subarray(c * size, (c + 1) * size), height, width }, prepared.placement, kernels),
  );
}

function carried(scene: Scene, map: Volume): Volume {
  const planes = channelsOf(scene, map);
  const [{ height, width }] = planes;
  const data = new Float32Array(map.channels * height * width);
  planes.forEach((plane, c) => data.set(plane.data, c * height * width));
  return { data, channels: map.channels, height, width };
}
