/** One channel over space: [height, width], row-major float32. */
export interface Plane {
  data: Float32Array;
  height: number;
  width: number;
}

/** Channels over space: [channels, height, width], row-major float32. */
export interface Volume {
  data: Float32Array;
  channels: number;
  height: number;
  width: number;
}
