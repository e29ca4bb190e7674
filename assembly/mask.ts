/** out[c,p] = a[c,p] m[p]: one mask for every channel. IEEE: 0 × ∞ and 0 × NaN are NaN. */
export function multiplyMask(out: usize, a: usize, m: usize, channels: usize, size: usize): void {
  const row = size << 2;
  const wide = row & ~15;
  for (const end = out + channels * row; out < end; out += row, a += row) {
    let p: usize = 0;
    for (; p < wide; p += 16) v128.store(out + p, f32x4.mul(v128.load(a + p), v128.load(m + p)));
    for (; p < row; p += 4) f32.store(out + p, f32.load(a + p) * f32.load(m + p));
  }
}

/** out[c,p] = |w[c] a[c,p]|; also works in place (out = a). */
export function magnitudes(out: usize, a: usize, w: usize, channels: usize, size: usize): void {
  const row = size << 2;
  const wide = row & ~15;
  for (const end = out + channels * row; out < end; out += row, a += row, w += 4) {
    const w0 = f32.load(w);
    const w4 = f32x4.splat(w0);
    let p: usize = 0;
    for (; p < wide; p += 16) v128.store(out + p, f32x4.abs(f32x4.mul(v128.load(a + p), w4)));
    for (; p < row; p += 4) f32.store(out + p, abs(f32.load(a + p) * w0));
  }
}
