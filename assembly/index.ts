// Every kernel takes pointers (byte offsets into the one imported memory) and counts, allocates nothing, and keeps nothing.
// Float data is float32, row-major, channel-first, at any 4-byte boundary (v128 loads and stores may be unaligned).
// Outputs must not overlap inputs, except where a kernel says that it also works in place.
export * from './channels';
export * from './spatial';
export * from './pointwise';
export * from './mask';
export * from './resample';
export * from './transpose';
export * from './gram';
export * from './color';
