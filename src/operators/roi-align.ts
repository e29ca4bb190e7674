import type { Ref } from '../onnx/emitter.ts';
import { axesBetween } from './axis-arguments.ts';
import type { Context } from './operator.ts';

/**
 * Cotangent of the image [N, C, H, W] of an average RoiAlign (He et al. 2017, arXiv:1703.06870). The averaged bilinear
 * samples of a bin are row weights times column weights: with matrices A and B per region, ∂s/∂x = Σ Aᵀ·g·B over the
 * regions of an image. Boxes receive no gradient, as in PyTorch.
 */
export function roiAlignVjp(c: Context): Ref {
  const { e, g } = c;
  if (c.text('mode', 'avg') !== 'avg') c.unsupported('mode "max"');
  const dims = c.inputDims(0);
  const [batch, , height, width] = dims;
  const [regions, channels, rows, columns] = c.outputDims(0);
  if (regions === 0) return e.zeros(dims);
  const acrossColumns = e.reshape(binWeights(c, 0, columns, width), [regions, 1, columns, width]);
  const widened = e.transpose(e.matmul(g, acrossColumns), [1, 0, 2, 3]);
  // Regions of other images have no weight.
  const images = e.constant('int64', [batch, 1, 1, 1], axesBetween(0, batch));
  const own = e.equal(e.reshape(c.input(2), [1, regions, 1, 1]), images);
  const acrossRows = e.where(own, binWeights(c, 1, rows, height), 0);
  const heightened = e.transpose(e.reshape(acrossRows, [batch, 1, regions * rows, height]), [0, 1, 3, 2]);
  return e.matmul(heightened, e.reshape(widened, [1, channels, regions * rows, width]));
}

/** Weights of `size` pixels along an axis of the image (0: x, 1: y) in each bin: [regions, bins, size]. */
function binWeights(c: Context, axis: number, bins: number, size: number): Ref {
  const { e } = c;
  const [regions] = c.outputDims(0);
  const aligned = c.opset >= 16 && c.text('coordinate_transformation_mode', 'half_pixel') === 'half_pixel';
  const edge = (column: number) => {
    const edges = e.reshape(e.slice(c.input(1), [column], [column + 1], [1]), [regions, 1, 1, 1]);
    return e.sub(e.mul(edges, c.float('spatial_scale', 1)), aligned ? 0.5 : 0);
  };
  const steps = (count: number, shape: readonly number[]) =>
    e.constant('float32', shape, axesBetween(0, count));
  const start = edge(axis);
  const extent = e.sub(edge(axis + 2), start);
  const bin = e.div(aligned ? extent : e.op('Max', [extent, 1]), bins);
  // Samples per bin: given, or one per pixel of the bin, which varies by region.
  const ratio = c.int('sampling_ratio', 0);
  const samples = ratio > 0 ? e.scalar(ratio) : e.op('Ceil', [bin]);
  const counts = e.op('Max', [samples, 1]);
  const most = () => e.op('Range', [0, e.op('ReduceMax', [counts], { keepdims: 0 }), 1]);
  const sample = ratio > 0 ? steps(ratio, [1, 1, ratio, 1]) : e.reshape(most(), [1, 1, -1, 1]);
  const within = e.add(steps(bins, [1, bins, 1, 1]), e.div(e.add(sample, 0.5), counts));
  const position = e.add(start, e.mul(bin, within));
  const outside = e.op('Or', [e.less(position, -1), e.greater(position, size)]);
  const counted = e.and(e.less(sample, samples), e.op('Not', [outside]));
  const distance = e.abs(e.sub(e.op('Clip', [position, 0, size - 1]), steps(size, [1, 1, 1, size])));
  const weights = e.where(counted, e.op('Max', [e.sub(1, distance), 0]), 0);
  return e.reshape(e.div(e.reduceSum(weights, [2]), counts), [regions, bins, size]);
}
