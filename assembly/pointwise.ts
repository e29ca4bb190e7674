// Elementwise. All work in place (out = a).

/** out[i] = max(a[i], 0); NaN stays NaN, as in PyTorch and NumPy, and -0 becomes 0. */
export function relu(out: usize, a: usize, count: usize): void {
  const bytes = count << 2;
  const wide = bytes & ~15;
  const zero = f32x4.splat(0);
  let p: usize = 0;
  // max, not the cheaper pmax: pmax(0, NaN) is 0 and would hide a NaN.
  for (; p < wide; p += 16) v128.store(out + p, f32x4.max(v128.load(a + p), zero));
  for (; p < bytes; p += 4) f32.store(out + p, max<f32>(f32.load(a + p), 0));
}

/**
 * out[i] = (a[i] - min) / (max - min + epsilon), all 0 where that denominator is 0.
 * One NaN makes every element NaN. An infinity makes the range infinite: finite elements become 0 next to +∞ and NaN
 * next to -∞; the infinity itself becomes NaN.
 */
export function minMax(out: usize, a: usize, count: usize, epsilon: f32): void {
  const bytes = count << 2;
  const wide = bytes & ~15;
  const wider = bytes & ~31;
  let low4 = f32x4.splat(Infinity);
  let low4b = low4;
  let high4 = f32x4.splat(-Infinity);
  let high4b = high4;
  let nan = f32x4.splat(0);
  let p: usize = 0;
  // pmin(low, v) and pmax(high, v) are one instruction each, min and max are many; they skip NaN.
  for (; p < wider; p += 32) {
    const v = v128.load(a + p);
    const u = v128.load(a + p, 16);
    low4 = f32x4.pmin(low4, v);
    low4b = f32x4.pmin(low4b, u);
    high4 = f32x4.pmax(high4, v);
    high4b = f32x4.pmax(high4b, u);
    nan = v128.or(nan, v128.or(f32x4.ne(v, v), f32x4.ne(u, u)));
  }
  low4 = f32x4.pmin(low4, low4b);
  high4 = f32x4.pmax(high4, high4b);
  let low = v128.any_true(nan)
    ? <f32>NaN
    : min(
        min(f32x4.extract_lane(low4, 0), f32x4.extract_lane(low4, 1)),
        min(f32x4.extract_lane(low4, 2), f32x4.extract_lane(low4, 3)),
      );
  let high = max(
    max(f32x4.extract_lane(high4, 0), f32x4.extract_lane(high4, 1)),
    max(f32x4.extract_lane(high4, 2), f32x4.extract_lane(high4, 3)),
  );
  for (; p < bytes; p += 4) {
    const v = f32.load(a + p);
    low = min(low, v);
    high = max(high, v);
  }
  const range = high - low + epsilon;
  if (range == 0) return memory.fill(out, 0, bytes);
  low4 = f32x4.splat(low);
  const range4 = f32x4.splat(range);
  for (p = 0; p < wide; p += 16) {
    v128.store(out + p, f32x4.div(f32x4.sub(v128.load(a + p), low4), range4));
  }
  for (; p < bytes; p += 4) f32.store(out + p, (f32.load(a + p) - low) / range);
}
