/** out[c,p] = a[c,p] m[p]: one mask laid over every channel. IEEE: 0 × ∞ and 0 × NaN are NaN. */
export function multiplyMask(out: usize, a: usize, m: usize, channels: usize, size: usize): void {
  const row = size << 2;
  const wide = row & ~15;
  for (const end = out + channels * row; out < end; out += row, a += row) {
    let p: usize = 0;
    for (; p < wide; p += 16) v128.store(out + p, f32x4.mul(v128.load(a + p), v128.load(m + p)));
    for (; p < row; p += 4) f32.store(out + p, f32.load(a + p) * f32.load(m + p));
  }
}
