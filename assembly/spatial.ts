// Sums over positions: [channels, size] → [channels]. IEEE arithmetic: a NaN or infinity affects only its own channel.
//
// Four accumulators of four lanes each, because a single one would wait for its own additions. Every 1024 positions
// they are added in float64: one long float32 sum loses more digits than many short ones.

const BLOCK: usize = 1024 << 2;

/** out[k] = Σ_p a[k,p] */
export function spatialSum(out: usize, a: usize, channels: usize, size: usize): void {
  sums(out, a, a, channels, size, false);
}

/** out[k] = Σ_p a[k,p] b[k,p] */
export function spatialDot(out: usize, a: usize, b: usize, channels: usize, size: usize): void {
  sums(out, a, b, channels, size, true);
}

// @ts-ignore: decorator
@inline
function sums(out: usize, a: usize, b: usize, channels: usize, size: usize, dot: bool): void {
  const row = size << 2;
  const wide = row & ~63;
  for (const end = out + (channels << 2); out < end; out += 4, a += row, b += row) {
    let sum: f64 = 0;
    let p: usize = 0;
    do {
      let s0 = f32x4.splat(0);
      let s1 = f32x4.splat(0);
      let s2 = f32x4.splat(0);
      let s3 = f32x4.splat(0);
      for (const stop = min(p + BLOCK, wide); p < stop; p += 64) {
        s0 = f32x4.add(s0, term4(a + p, b + p, dot));
        s1 = f32x4.add(s1, term4(a + p + 16, b + p + 16, dot));
        s2 = f32x4.add(s2, term4(a + p + 32, b + p + 32, dot));
        s3 = f32x4.add(s3, term4(a + p + 48, b + p + 48, dot));
      }
      sum += total(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
    } while (p < wide);
    for (; p < row; p += 4) sum += term(a + p, b + p, dot);
    f32.store(out, <f32>sum);
  }
}

// @ts-ignore: decorator
@inline
function term4(a: usize, b: usize, dot: bool): v128 {
  return dot ? f32x4.mul(v128.load(a), v128.load(b)) : v128.load(a);
}

// @ts-ignore: decorator
@inline
function term(a: usize, b: usize, dot: bool): f32 {
  return dot ? f32.load(a) * f32.load(b) : f32.load(a);
}

// @ts-ignore: decorator
@inline
function total(v: v128): f32 {
  const low = f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1);
  return low + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}
