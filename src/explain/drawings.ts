import { badOption } from '../errors.ts';
import { bandPicture, bandsOf, colorBands } from '../image/bands.ts';
import { conceptPicture } from '../image/concepts.ts';
import { blend, DEFAULT_ALPHA, type OverlayOptions, signedPicture } from '../image/overlay.ts';
import { carryBack, unmoved } from '../image/placement.ts';
import { MAX_LANES, plotSize, plotted } from '../image/plot.ts';
import { toPicture } from '../image/preprocess.ts';
import { sliceSheet, slicesShown } from '../image/slices.ts';
import type { Picture } from '../image/source.ts';
import {
  channelPlane,
  extentOf,
  type Kernels,
  type Plane,
  positionsOf,
  type Volume,
} from '../kernels/index.ts';
import type { InputForm } from '../network/input-layout.ts';
import type { ExplainedImage, Explanation } from '../types.ts';
import { strongestChannel } from './heatmap.ts';

/** Default color map of signed maps. */
const DIVERGING = 'coolwarm';

type Draw = (explanation: Explanation, options: OverlayOptions, kernels: Kernels) => Picture;

/** What `overlay` draws, by what the input holds. */
export const DRAWINGS: Readonly<Record<InputForm, Draw>> = {
  image(explanation, options, kernels) {
    if (options.slice !== undefined) throw noSlices('an image');
    return imageDrawing(explanation, options, kernels);
  },
  signal: signalDrawing,
  volume: volumeDrawing,
};

/** A raw map alone, centered on gray. */
export function rawDrawing({ raw, image }: Explanation, index: number, options: OverlayOptions): Picture {
  const map = raw[index];
  const draw: Readonly<Record<InputForm, () => Picture>> = {
    image: () => signedPicture(options.bands ? colorBands(map, options.bands) : map),
    signal: () => curves(map, options),
    volume: () => {
      const { depth = 1 } = map;
      return sliceSheet(
        signedPicture(stacked(asColors(map, options))),
        depth,
        slicesShown(depth, options.slice),
      );
    },
  };
  return draw[image.form]();
}

function imageDrawing(
  { shows, raw, image, heatmap, signed }: Explanation,
  options: OverlayOptions,
  kernels: Kernels,
): Picture {
  const { preprocessing } = image;
  if (shows === 'signed') {
    const map = asColors(atImageSize(image, raw[0], kernels), options);
    const channels = map.channels === preprocessing?.mean.length ? preprocessing.channels : undefined;
    return signedPicture(map, options.bands ? undefined : channels);
  }
  if (shows === 'image')
    return preprocessing ? toPicture(raw[0], preprocessing) : bandPicture(asColors(raw[0], options));
  const background = backgroundOf(image, options);
  if (shows === 'concepts') {
    const concepts = planesAtImageSize(image, raw[0], kernels);
    return conceptPicture(background ?? plainPicture(heatmap, 128), concepts, options.alpha);
  }
  // Without an image, the colors stand alone.
  const alpha = options.alpha ?? (background ? DEFAULT_ALPHA : 1);
  return blend(
    background ?? plainPicture(heatmap, 128),
    heatmap,
    { alpha, colormap: colormapOf(signed, options) },
    kernels,
  );
}

/** The slices, drawn as one tall image so that they share a scale. */
function volumeDrawing(explanation: Explanation, options: OverlayOptions, kernels: Kernels): Picture {
  const { heatmap, image, raw, shows } = explanation;
  const { depth = 1, width } = heatmap;
  const shown = slicesShown(depth, options.slice);
  const size = { width, height: depth * heatmap.height };
  const tall: Explanation = {
    ...explanation,
    heatmap: stacked(heatmap),
    raw: shows === 'heatmap' ? raw : [stacked(atImageSize(image, raw[0], kernels))],
    image: { ...image, input: image.input && stacked(image.input), placement: unmoved(size) },
  };
  return sliceSheet(imageDrawing(tall, options, kernels), depth, shown);
}

/** The signal as curves over the colors of the heatmap; many channels as a picture with a row for each. */
function signalDrawing(explanation: Explanation, options: OverlayOptions, kernels: Kernels): Picture {
  const { heatmap, image, raw, shows, signed } = explanation;
  if (options.slice !== undefined) throw noSlices('a signal');
  if (shows === 'signed' || shows === 'image' || !image.input)
    return curves(image.input ? raw[0] : heatmapRow(heatmap), options);
  const signal = options.bands ? bandsOf(image.input, options.bands) : image.input;
  const isPlot = signal.channels <= MAX_LANES;
  const size = isPlot ? plotSize(signal.channels) : { width: signal.width, height: signal.channels };
  const rows = (plane: Plane): Plane => {
    const row = kernels.resample(plane, { height: 1, width: size.width }).data;
    return {
      ...size,
      data: Float32Array.from({ length: positionsOf(size) }, (_, at) => row[at % size.width]),
    };
  };
  const background = isPlot ? plainPicture(size, 255) : channelRows(signal);
  const colored =
    shows === 'concepts'
      ? conceptPicture(background, planesAtImageSize(image, raw[0], kernels).map(rows), options.alpha)
      : blend(background, rows(heatmap), { ...options, colormap: colormapOf(signed, options) }, kernels);
  return isPlot ? plotted(colored, signal) : colored;
}

/** A map of a signal as curves, or as a picture if its channels are many. */
function curves(map: Volume, { bands }: OverlayOptions): Picture {
  const chosen = bands ? bandsOf(map, bands) : map;
  if (chosen.channels > MAX_LANES) return channelRows(chosen);
  return plotted(plainPicture(plotSize(chosen.channels), 255), chosen);
}

const heatmapRow = (heatmap: Plane): Volume => ({ ...heatmap, channels: 1 });

/** Gray values of a signal, one row for each channel. */
const channelRows = ({ data, channels, height, width }: Volume): Picture =>
  bandPicture({ data, channels: 1, height: channels * height, width });

const colormapOf = (signed: boolean, { colormap }: OverlayOptions): OverlayOptions['colormap'] =>
  colormap ?? (signed ? DIVERGING : undefined);

/** The picture below the heatmap: the image, the chosen bands of a tensor, or its one or three channels. */
function backgroundOf(
  { picture, input, form }: ExplainedImage,
  { bands }: OverlayOptions,
): Picture | undefined {
  if (bands && (picture || !input)) {
    throw badOption('bands', '`bands` are channels of a tensor, but this input is a picture. Omit `bands`.');
  }
  if (bands && input) return bandPicture(colorBands(input, bands));
  if (picture || !input || (input.channels !== 1 && input.channels !== 3)) return picture;
  return form === 'volume' ? bandPicture(input) : signedPicture(input);
}

/** A map with one or three channels: the chosen ones, its own, or the strongestChannel of each position. */
function asColors(map: Volume, { bands }: OverlayOptions): Volume {
  if (bands) return colorBands(map, bands);
  return map.channels === 1 || map.channels === 3 ? map : strongestChannel(map);
}

/** All slices, one below another. */
function stacked<Map extends Plane>({ depth = 1, ...map }: Map): Omit<Map, 'depth'> & Plane {
  return { ...map, height: depth * map.height };
}

/** The channels of a map, each at the image's size. */
const planesAtImageSize = ({ placement, input }: ExplainedImage, map: Volume, kernels: Kernels): Plane[] =>
  Array.from({ length: map.channels }, (_, c) =>
    carryBack(channelPlane(map, c), placement, kernels, input?.depth),
  );

function atImageSize(image: ExplainedImage, map: Volume, kernels: Kernels): Volume {
  const planes = planesAtImageSize(image, map, kernels);
  const size = positionsOf(planes[0]);
  const data = new Float32Array(map.channels * size);
  planes.forEach((plane, c) => data.set(plane.data, c * size));
  return { ...extentOf(planes[0]), data, channels: map.channels };
}

/** A picture of one gray. */
const plainPicture = ({ width, height }: { width: number; height: number }, gray: number): Picture => ({
  data: new Uint8ClampedArray(4 * width * height).map((_, at) => (at % 4 === 3 ? 255 : gray)),
  width,
  height,
});

const noSlices = (what: string) =>
  badOption(
    'slice',
    `\`slice\` chooses slices of a volume or frames of a video, but the input is ${what}. Omit it.`,
  );
