/** The size of a map in space. */
export interface Extent {
  /** Slices of a volume or frames of a video, outermost; missing for images and signals. */
  depth?: number;
  /** Rows; 1 for a signal. */
  height: number;
  width: number;
}

/** One channel over space: [height, width] or [depth, height, width], row-major float32. */
export interface Plane extends Extent {
  data: Float32Array;
}

/** Channels over space: [channels, height, width] or [channels, depth, height, width], row-major float32. */
export interface Volume extends Plane {
  channels: number;
}

/** Number of positions in space. */
export const positionsOf = ({ depth = 1, height, width }: Extent): number => depth * height * width;

/** Only the size of a map, for another of the same size. */
export const extentOf = ({ depth, height, width }: Extent): Extent => ({
  ...(depth !== undefined && { depth }),
  height,
  width,
});

export const sameExtent = (a: Extent, b: Extent): boolean =>
  a.depth === b.depth && a.height === b.height && a.width === b.width;

/** One channel of a volume. */
export function channelPlane(volume: Volume, channel: number): Plane {
  const size = positionsOf(volume);
  return { ...extentOf(volume), data: volume.data.subarray(channel * size, (channel + 1) * size) };
}
