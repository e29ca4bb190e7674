// Values in [0,1] to colors. The table is 256 RGBA entries (1024 bytes); value v takes entry ⌊255 v + ½⌋ (in float32),
// clamped to 0..255: anything below 0 and NaN take the first entry, anything above 1 the last.

/** out[i] = table[index of v[i]], RGBA bytes. */
export function colorize(out: usize, v: usize, table: usize, count: usize): void {
  const end = out + (count << 2);
  const wide = out + ((count & ~3) << 2);
  for (; out < wide; out += 16, v += 16) v128.store(out, colors(v, table));
  for (; out < end; out += 4, v += 4) i32.store(out, color(v, table));
}

/**
 * out[i] = (1 - alpha) image[i] + alpha table[index of v[i]] for red, green and blue; the image's own alpha byte is kept.
 * `weight` is alpha in 1/16384 (0..16384); each channel is ⌊((16384 - weight) image + weight color) / 16384 + ½⌋.
 * Also works in place (out = image).
 */
export function overlay(out: usize, image: usize, v: usize, table: usize, weight: i32, count: usize): void {
  const end = out + (count << 2);
  const wide = out + ((count & ~3) << 2);
  const keep = 16384 - weight;
  const weights = i32x4.splat(keep | (weight << 16)); // pairs of 16-bit factors, image first
  for (; out < wide; out += 16, image += 16, v += 16) {
    const under = v128.load(image);
    const over = colors(v, table);
    const low = v128.shuffle<i8>(under, over, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const high = v128.shuffle<i8>(under, over, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const mixed = i8x16.narrow_i16x8_u(
      i16x8.narrow_i32x4_s(mix(i16x8.extend_low_i8x16_u(low), weights), mix(i16x8.extend_high_i8x16_u(low), weights)),
      i16x8.narrow_i32x4_s(mix(i16x8.extend_low_i8x16_u(high), weights), mix(i16x8.extend_high_i8x16_u(high), weights)),
    );
    v128.store(out, v128.bitselect(under, mixed, i32x4.splat(0xff000000)));
  }
  for (; out < end; out += 4, image += 4, v += 4) {
    const over = color(v, table);
    const alpha = load<u8>(image, 3);
    store<u8>(out, (load<u8>(image) * keep + (over & 255) * weight + 8192) >> 14);
    store<u8>(out, (load<u8>(image, 1) * keep + ((over >> 8) & 255) * weight + 8192) >> 14, 1);
    store<u8>(out, (load<u8>(image, 2) * keep + ((over >> 16) & 255) * weight + 8192) >> 14, 2);
    store<u8>(out, alpha, 3);
  }
}

/** Four weighted pairs, rounded. */
// @ts-ignore: decorator
@inline
function mix(pairs: v128, weights: v128): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(pairs, weights), i32x4.splat(8192)), 14);
}

/** Four pixels. trunc_sat sends NaN and negatives to 0. */
// @ts-ignore: decorator
@inline
function colors(v: usize, table: usize): v128 {
  const scaled = f32x4.add(f32x4.mul(v128.load(v), f32x4.splat(255)), f32x4.splat(0.5));
  const at = i32x4.shl(i32x4.min_u(i32x4.trunc_sat_f32x4_u(scaled), i32x4.splat(255)), 2);
  let pixels = v128.load32_zero(table + <usize>i32x4.extract_lane(at, 0));
  pixels = v128.load32_lane(table + <usize>i32x4.extract_lane(at, 1), pixels, 1);
  pixels = v128.load32_lane(table + <usize>i32x4.extract_lane(at, 2), pixels, 2);
  return v128.load32_lane(table + <usize>i32x4.extract_lane(at, 3), pixels, 3);
}

// @ts-ignore: decorator
@inline
function color(v: usize, table: usize): i32 {
  const scaled = f32.load(v) * 255 + 0.5;
  const at: usize = scaled >= 255 ? 255 : scaled > 0 ? <usize>scaled : 0;
  return i32.load(table + (at << 2));
}
