import type { Emitter, Operand, Ref } from '../onnx/emitter.ts';
import { sizeOf } from '../runtime/tensor.ts';
import type { Context, Cotangent } from './operator.ts';

/** A pixel near a position, along one axis. Refs are [N, 1, L] for L positions. */
interface Tap {
  /** An integer, possibly outside the image. */
  readonly index: Ref;
  readonly weight: Operand;
  /** Derivative of the weight with respect to the position. */
  readonly slope: Operand;
}

/**
 * Cotangents of the image [N, C, ...] and of the grid [N, ..., axes]. A sample is the sum of pixel · Π weight over the
 * nearby taps, so a pixel receives g · Π weight, and a position g · pixel · slope · Π other weights.
 */
export function gridSampleVjp(c: Context): Cotangent[] {
  const { e, g } = c;
  const [batch, channels, ...sizes] = c.inputDims(0);
  const count = sizeOf(c.outputDims(0).slice(2));
  const scales = sizes.map((size) => (c.int('align_corners', 0) === 1 ? size - 1 : size) / 2);
  const combinations = sizes
    .map((size, axis) => {
      // The grid lists the last axis first.
      const column = sizes.length - 1 - axis;
      const u = e.slice(c.input(1), [column], [column + 1], [-1]);
      const position = e.add(e.mul(e.reshape(u, [batch, 1, count]), scales[axis]), (size - 1) / 2);
      return tapsAround(e, position, c.text('mode', 'linear')).map((tap) => intoImage(c, tap, size));
    })
    .reduce<Tap[][]>((all, taps) => all.flatMap((some) => taps.map((tap) => [...some, tap])), [[]]);

  const K = combinations.length;
  const forEach = (what: (taps: readonly Tap[]) => Operand) =>
    e.concat(
      combinations.map((taps) => e.expand(what(taps), [batch, 1, count])),
      1,
    );
  const times = (factors: readonly Operand[]) => factors.reduce((a, b) => e.mul(a, b));
  const strides = sizes.map((_, axis) => sizeOf(sizes.slice(axis + 1)));
  const flat = forEach((taps) =>
    taps.map(({ index }, axis) => e.mul(index, strides[axis])).reduce((a, b) => e.add(a, b)),
  );
  const row = e.reshape(e.cast(flat, 'int64'), [batch, 1, K * count]);
  const places = e.expand(row, [batch, channels, K * count]);
  const pixels = [batch, channels, sizeOf(sizes)];
  const samples = e.reshape(g, [batch, channels, 1, count]);

  const towardsImage = () => {
    const weights = forEach((taps) => times(taps.map(({ weight }) => weight)));
    const shares = e.mul(samples, e.reshape(weights, [batch, 1, K, count]));
    const updates = e.reshape(shares, [batch, channels, K * count]);
    const scatter = { axis: 2, reduction: 'add' };
    return e.reshape(e.op('ScatterElements', [e.zeros(pixels), places, updates], scatter), c.inputDims(0));
  };

  const towardsGrid = () => {
    const found = e.op('GatherElements', [e.reshape(c.x, pixels), places], { axis: 2 });
    const shares = e.mul(e.reshape(found, [batch, channels, K, count]), samples);
    const perTap = e.reduceSum(shares, [1], false);
    const columns = scales.map((scale, axis) => {
      const slopes = forEach((taps) => times(taps.map((tap, i) => (i === axis ? tap.slope : tap.weight))));
      return e.mul(e.reduceSum(e.mul(perTap, slopes), [1]), scale);
    });
    return e.reshape(e.transpose(e.concat(columns.toReversed(), 1), [0, 2, 1]), c.inputDims(1));
  };

  return [c.wants(0) ? towardsImage() : null, c.wants(1) ? towardsGrid() : null];
}

function tapsAround(e: Emitter, position: Ref, mode: string): Tap[] {
  if (mode === 'nearest') return [{ index: e.op('Round', [position]), weight: 1, slope: 0 }];
  const first = e.op('Floor', [position]);
  const t = e.sub(position, first);
  if (mode.endsWith('linear')) {
    return [
      { index: first, weight: e.sub(1, t), slope: -1 },
      { index: e.add(first, 1), weight: t, slope: 1 },
    ];
  }
  return [-1, 0, 1, 2].map((offset) => {
    const before = offset <= 0;
    const distance = before ? e.sub(t, offset) : e.sub(offset, t);
    const piece = offset === 0 || offset === 1 ? NEAR : FAR;
    const slope = polynomial(e, distance, piece.slope);
    return {
      index: e.add(first, offset),
      weight: polynomial(e, distance, piece.weight),
      slope: before ? slope : e.neg(slope),
    };
  });
}

/** The cubic kernel (Keys 1981) with a = −3/4, and its derivative: up to distance 1, and from 1 to 2. */
const NEAR = { weight: [1.25, -2.25, 0, 1], slope: [3.75, -4.5, 0] };
const FAR = { weight: [-0.75, 3.75, -6, 3], slope: [-2.25, 7.5, -6] };

const polynomial = (e: Emitter, d: Ref, [first, ...others]: readonly number[]): Ref =>
  others.reduce<Operand>((sum, coefficient) => e.add(e.mul(sum, d), coefficient), first) as Ref;

/** Maps a tap outside the image to its replacement pixel; zero padding has no weight. */
function intoImage({ e, text, int }: Context, { index, weight, slope }: Tap, size: number): Tap {
  const mode = text('padding_mode', 'zeros');
  const inside = e.op('Clip', [index, 0, size - 1]);
  if (mode === 'border' || (mode === 'reflection' && size === 1)) return { index: inside, weight, slope };
  if (mode === 'zeros') {
    const there = e.equal(index, inside);
    return { index: inside, weight: e.where(there, weight, 0), slope: e.where(there, slope, 0) };
  }
  const [low, range] = int('align_corners', 0) === 1 ? [0, size - 1] : [-0.5, size];
  const from = e.sub(index, low);
  const turns = e.op('Floor', [e.div(from, 2 * range)]);
  const folded = e.sub(from, e.mul(turns, 2 * range));
  return { index: e.add(e.op('Min', [folded, e.sub(2 * range, folded)]), low), weight, slope };
}
