import { channelPlane, type Volume } from '../kernels/index.ts';
import type { Size } from './placement.ts';
import type { Picture } from './source.ts';

/** Size of a plot, in pixels. */
const PLOT_WIDTH = 960;
const MAX_PLOT_HEIGHT = 960;
const LANE = { most: 240, least: 24 };

/** Part of a lane's height that the curve fills. */
const FILLED = 0.8;
const INK = 24;

/** Number of channels that fit below one another. */
export const MAX_LANES: number = MAX_PLOT_HEIGHT / LANE.least;

/** Size of the plot of a signal: one lane for each channel. */
export function plotSize(channels: number): Size {
  const lane = Math.max(LANE.least, Math.min(LANE.most, Math.floor(MAX_PLOT_HEIGHT / channels)));
  return { width: PLOT_WIDTH, height: lane * channels };
}

/** Draws the channels of a signal as curves over a picture, each in a lane of its own from its lowest to its highest value. */
export function plotted({ data, width, height }: Picture, signal: Volume): Picture {
  const pixels = data.slice();
  const lane = height / signal.channels;
  for (let c = 0; c < signal.channels; c++) {
    const values = channelPlane(signal, c).data;
    const [low, high] = lowestAndHighest(values.filter(Number.isFinite));
    const rowOf = (value: number): number => {
      const share = high > low ? (value - low) / (high - low) : 0.5;
      return Math.round((c + 0.5 + FILLED * (0.5 - share)) * lane - 0.5);
    };
    for (let x = 0; x < width; x++) {
      const rows = curveIn(values, x / width, (x + 1) / width).map(rowOf);
      if (!rows.every(Number.isFinite)) continue;
      const [top, bottom] = lowestAndHighest(rows);
      for (let y = top; y <= bottom; y++) pixels.fill(INK, 4 * (y * width + x), 4 * (y * width + x) + 3);
    }
  }
  return { data: pixels, width, height };
}

/** The lowest and the highest number. */
function lowestAndHighest(values: readonly number[] | Float32Array): readonly [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** Values of the curve through the samples between two shares of its length: both ends, and the samples between. */
function curveIn(values: Float32Array, from: number, to: number): number[] {
  const last = values.length - 1;
  const [start, end] = [from, to].map((share) => Math.min(last, Math.max(0, share * values.length - 0.5)));
  const at = (place: number): number => {
    const before = Math.floor(place);
    const t = place - before;
    return t === 0 ? values[before] : (1 - t) * values[before] + t * values[before + 1];
  };
  return [at(start), ...values.subarray(Math.ceil(start), Math.floor(end) + 1), at(end)];
}
