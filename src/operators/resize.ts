import type { Ref } from '../onnx/emitter.ts';
import { axisOf, unknownAxes } from './axes.ts';
import { axesArgument, axesBetween } from './axis-arguments.ts';
import { type AxesRule, imageAxes, resizedEach, windowed } from './axis-rules.ts';
import { gridSampleVjp } from './grid-sample.ts';
import type { Context, Operator } from './operator.ts';
import { padVjp } from './pad.ts';
import { COORDINATES, MODES, NEAREST, type Resampling, resamplingMap } from './resampling.ts';
import { roiAlignVjp } from './roi-align.ts';
import { transposeMaps } from './separable.ts';
import { wordOf } from './word.ts';

const resizedImage: AxesRule = (step) => {
  const {
    axes: [axes],
    dims,
  } = step;
  if (!axes || dims.length !== axes.length) return unknownAxes(dims);
  // a single pixel stretched to an image
  const stretched = dims.length === 4 && axes.slice(2).every((axis) => axis.length === 0);
  return stretched ? imageAxes(step) : resizedEach(step);
};

const sampled: Operator = { axes: imageAxes, vjp: gridSampleVjp };

/** Rows and columns of the regions differ from the image's. */
const regions: AxesRule = ({ dims }) => dims.map((size, i) => axisOf(i === 1 ? 'channel' : 'unknown', size));

/** Operators that resample, pad or rearrange pixels. */
export const RESIZE: Readonly<Record<string, Operator>> = {
  Resize: {
    axes: resizedImage,
    resamples: true,
    reads: [1, 2, 3],
    vjp: (c) => resample(c, c.opset < 11 ? legacyResampling(c) : resampling(c)),
  },
  Upsample: { axes: resizedImage, resamples: true, reads: [1], vjp: (c) => resample(c, legacyResampling(c)) },

  GridSample: sampled,
  'com.microsoft.GridSample': sampled,
  RoiAlign: { axes: regions, detached: [1], vjp: roiAlignVjp },

  Pad: { axes: resizedEach, passes: 'extent', reads: [1, 3], vjp: padVjp },

  DepthToSpace: {
    axes: windowed('new'),
    vjp(c) {
      const columnsFirst = c.text('mode', 'DCR') === 'CRD';
      return spaceToDepth(c, columnsFirst ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4]);
    },
  },
  SpaceToDepth: {
    axes: windowed('new'),
    vjp: ({ e, g, int }) => e.op('DepthToSpace', [g], { blocksize: int('blocksize', 1), mode: 'DCR' }),
  },
};

/** All modes are linear and separable. */
function resample({ e, g, inputDims, outputDims }: Context, axes: readonly Resampling[]): Ref {
  // onnxruntime copies if the sizes are equal, whatever the other attributes.
  if (inputDims(0).every((size, axis) => size === outputDims(0)[axis])) return g;
  return transposeMaps(e, g, outputDims(0), axes.map(mapOf));
}

/** onnxruntime leaves an axis with scale 1 unchanged, whatever the coordinates. */
const mapOf = (r: Resampling) => (r.scale === 1 ? null : resamplingMap(r));

const PLAIN_RESAMPLING = { region: [0, 1], cubic: -0.75, antialias: false, excludeOutside: false } as const;

/** Upsample, and Resize in opset 10. */
function legacyResampling(c: Context): Resampling[] {
  const scales = c.ints('scales') ?? c.value(1);
  return c.inputDims(0).map((size, axis) => ({
    ...PLAIN_RESAMPLING,
    size,
    count: c.outputDims(0)[axis],
    scale: scales[axis],
    coordinates: 'asymmetric',
    mode: wordOf(c, 'mode', 'nearest', MODES),
    nearest: 'simple',
  }));
}

function resampling(c: Context): Resampling[] {
  const dims = c.inputDims(0);
  const axes = axesArgument(c, { position: Infinity }) ?? axesBetween(0, dims.length);
  const [scales, region] = [scalesOf(c, axes), contentsOf(c, 1)];
  return dims.map((size, axis) => {
    const place = axes.indexOf(axis);
    const named = place >= 0;
    return {
      size,
      count: c.outputDims(0)[axis],
      scale: named ? scales[place] : 1,
      region: named && region ? [region[place], region[place + axes.length]] : [0, 1],
      coordinates: wordOf(c, 'coordinate_transformation_mode', 'half_pixel', COORDINATES),
      mode: wordOf(c, 'mode', 'nearest', MODES),
      nearest: wordOf(c, 'nearest_mode', 'round_prefer_floor', NEAREST),
      cubic: c.float('cubic_coeff_a', -0.75),
      antialias: c.int('antialias', 0) === 1,
      excludeOutside: c.int('exclude_outside', 0) === 1,
    };
  });
}

/** Contents of an optional input; an empty tensor counts as absent. */
const contentsOf = (c: Context, index: number): readonly number[] | undefined =>
  c.has(index) && c.inputDims(index)[0] > 0 ? c.value(index) : undefined;

/** Scales as given, or computed from the sizes; one for all axes if the aspect ratio is kept. */
function scalesOf(c: Context, axes: readonly number[]): readonly number[] {
  const scales = contentsOf(c, 2);
  if (scales) return scales;
  const ratios = c.value(3).map((size, i) => Math.fround(size / c.inputDims(0)[axes[i]]));
  const policy = c.text('keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch') return ratios;
  const one = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return ratios.map(() => one);
}

/** Splits [N, C, H, W] into [N, C, H/b, b, W/b, b] and merges it in the order of `perm`. */
function spaceToDepth({ e, g, int, inputDims, outputDims }: Context, perm: readonly number[]): Ref {
  const block = int('blocksize', 1);
  const [batch, channels, height, width] = outputDims(0);
  const apart = e.reshape(g, [batch, channels, height / block, block, width / block, block]);
  return e.reshape(e.transpose(apart, perm), inputDims(0));
}
