// Kernels take pointers (byte offsets into the one imported memory) and counts, allocate nothing, and keep no state.
// Float data is float32, row-major, channel-first, aligned to 4 bytes (v128 loads and stores may be unaligned). Outputs
// must not overlap inputs unless a kernel says it works in place.
export * from './channels';
export * from './spatial';
export * from './pointwise';
export * from './mask';
export * from './resample';
export * from './transpose';
export * from './gram';
export * from './color';
