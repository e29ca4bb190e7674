import type { Ref } from '../onnx/emitter.ts';
import { unary, type Context, type Rule } from './rule.ts';
import { axesBetween, axesOf } from './axes.ts';
import { gridSampleVjp } from './grid-sample.ts';
import { padVjp } from './pad.ts';
import { resamplingMap, type Resampling } from './resampling.ts';
import { roiAlignVjp } from './roi-align.ts';
import { transposeMaps } from './separable.ts';

/** Operators that resample, pad or rearrange pixels. */
export const RESIZE: Readonly<Record<string, Rule>> = {
  Resize: { reads: [1, 2, 3], vjp: (c) => resample(c, c.opset < 11 ? legacy(c) : current(c)) },
  Upsample: { reads: [1], vjp: (c) => resample(c, legacy(c)) },

  GridSample: { vjp: gridSampleVjp },
  'com.microsoft.GridSample': { vjp: gridSampleVjp },
  RoiAlign: unary(roiAlignVjp),

  Pad: { reads: [1, 3], vjp: padVjp },

  DepthToSpace: unary((c) => {
    const columnsFirst = c.text('mode', 'DCR') === 'CRD';
    return spaceToDepth(c, columnsFirst ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4]);
  }),
  SpaceToDepth: unary(({ e, g, int }) =>
    e.op('DepthToSpace', [g], { blocksize: int('blocksize', 1), mode: 'DCR' }),
  ),
};

/** Every mode is linear and goes axis by axis. */
function resample({ e, g, inputDims, outputDims }: Context, axes: readonly Resampling[]): Ref {
  // onnxruntime copies when the sizes stay, whatever else the node says.
  if (inputDims(0).every((size, axis) => size === outputDims(0)[axis])) return g;
  return transposeMaps(e, g, outputDims(0), axes.map(mapOf));
}

/** onnxruntime leaves an axis of scale 1 as it is, whatever the coordinates. */
const mapOf = (r: Resampling) => (r.scale === 1 ? null : resamplingMap(r));

const PLAIN = { region: [0, 1], cubic: -0.75, antialias: false, excludeOutside: false } as const;

/** Upsample, and Resize as it was in opset 10. */
function legacy(c: Context): Resampling[] {
  const scales = c.ints('scales') ?? c.value(1);
  return c.inputDims(0).map((size, axis) => ({
    ...PLAIN,
    size,
    count: c.outputDims(0)[axis],
    scale: scales[axis],
    coordinates: 'asymmetric',
    mode: c.text('mode', 'nearest'),
    nearest: 'simple',
  }));
}

function current(c: Context): Resampling[] {
  const dims = c.inputDims(0);
  const axes = axesOf(c, { position: Infinity }) ?? axesBetween(0, dims.length);
  const [scales, region] = [scalesOf(c, axes), given(c, 1)];
  return dims.map((size, axis) => {
    const place = axes.indexOf(axis);
    const named = place >= 0;
    return {
      size,
      count: c.outputDims(0)[axis],
      scale: named ? scales[place] : 1,
      region: named && region ? [region[place], region[place + axes.length]] : [0, 1],
      coordinates: c.text('coordinate_transformation_mode', 'half_pixel'),
      mode: c.text('mode', 'nearest'),
      nearest: c.text('nearest_mode', 'round_prefer_floor'),
      cubic: c.float('cubic_coeff_a', -0.75),
      antialias: c.int('antialias', 0) === 1,
      excludeOutside: c.int('exclude_outside', 0) === 1,
    };
  });
}

/** Contents of an optional input; an empty tensor says as much as none. */
const given = (c: Context, index: number): readonly number[] | undefined =>
  c.has(index) && c.inputDims(index)[0] > 0 ? c.value(index) : undefined;

/** Scales as given, or those that lead to the sizes given; keeping the aspect ratio takes one for all axes. */
function scalesOf(c: Context, axes: readonly number[]): readonly number[] {
  const scales = given(c, 2);
  if (scales) return scales;
  const ratios = c.value(3).map((size, i) => Math.fround(size / c.inputDims(0)[axes[i]]));
  const policy = c.text('keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch') return ratios;
  const one = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return ratios.map(() => one);
}

/** Takes [N, C, H, W] apart into [N, C, H/b, b, W/b, b] and puts it together in the order of `perm`. */
function spaceToDepth({ e, g, int, inputDims, outputDims }: Context, perm: readonly number[]): Ref {
  const block = int('blocksize', 1);
  const [batch, channels, height, width] = outputDims(0);
  const apart = e.reshape(g, [batch, channels, height / block, block, width / block, block]);
  return e.reshape(e.transpose(apart, perm), inputDims(0));
}
