// Sums over channels: [channels, size] → [size]. IEEE arithmetic: a NaN or infinity affects only its own position.
//
// Adds four channels at a time, pairwise. Every 64 channels the partial sum in `scratch` [size] moves to `out`: one
// long float32 sum loses more digits than many short ones.

const BLOCK: usize = 64;

/** out[p] = Σ_k w[k] a[k,p] */
export function weightedSum(out: usize, a: usize, w: usize, scratch: usize, channels: usize, size: usize): void {
  const row = size << 2;
  memory.fill(out, 0, row);
  memory.fill(scratch, 0, row);
  while (channels > 0) {
    const block = min(channels, BLOCK);
    addWeighted(scratch, a, w, block, row);
    move(out, scratch, row);
    channels -= block;
    a += block * row;
    w += block << 2;
  }
}

/** out[p] = Σ_k w[k,p] a[k,p] */
export function productSum(out: usize, a: usize, w: usize, scratch: usize, channels: usize, size: usize): void {
  sumProducts(out, a, w, scratch, channels, size, false);
}

/** out[p] = Σ_k max(w[k,p] a[k,p], 0) */
export function reluProductSum(out: usize, a: usize, w: usize, scratch: usize, channels: usize, size: usize): void {
  sumProducts(out, a, w, scratch, channels, size, true);
}

// @ts-ignore: decorator
@inline
function sumProducts(out: usize, a: usize, w: usize, scratch: usize, channels: usize, size: usize, relu: bool): void {
  const row = size << 2;
  memory.fill(out, 0, row);
  memory.fill(scratch, 0, row);
  while (channels > 0) {
    const block = min(channels, BLOCK);
    addProducts(scratch, a, w, block, row, relu);
    move(out, scratch, row);
    channels -= block;
    a += block * row;
    w += block * row;
  }
}

function addWeighted(out: usize, a: usize, w: usize, channels: usize, row: usize): void {
  const wide = row & ~15;
  let k: usize = 0;
  for (; k + 4 <= channels; k += 4, a += row << 2, w += 16) {
    const w0 = f32.load(w);
    const w1 = f32.load(w, 4);
    const w2 = f32.load(w, 8);
    const w3 = f32.load(w, 12);
    const v0 = f32x4.splat(w0);
    const v1 = f32x4.splat(w1);
    const v2 = f32x4.splat(w2);
    const v3 = f32x4.splat(w3);
    const b = a + row;
    const c = b + row;
    const d = c + row;
    let p: usize = 0;
    for (; p < wide; p += 16) {
      const low = f32x4.add(f32x4.mul(v128.load(a + p), v0), f32x4.mul(v128.load(b + p), v1));
      const high = f32x4.add(f32x4.mul(v128.load(c + p), v2), f32x4.mul(v128.load(d + p), v3));
      v128.store(out + p, f32x4.add(v128.load(out + p), f32x4.add(low, high)));
    }
    for (; p < row; p += 4) {
      const low = f32.load(a + p) * w0 + f32.load(b + p) * w1;
      const high = f32.load(c + p) * w2 + f32.load(d + p) * w3;
      f32.store(out + p, f32.load(out + p) + (low + high));
    }
  }
  for (; k < channels; k++, a += row, w += 4) {
    const w0 = f32.load(w);
    const v0 = f32x4.splat(w0);
    let p: usize = 0;
    for (; p < wide; p += 16) {
      v128.store(out + p, f32x4.add(v128.load(out + p), f32x4.mul(v128.load(a + p), v0)));
    }
    for (; p < row; p += 4) f32.store(out + p, f32.load(out + p) + f32.load(a + p) * w0);
  }
}

// @ts-ignore: decorator
@inline
function addProducts(out: usize, a: usize, w: usize, channels: usize, row: usize, relu: bool): void {
  const wide = row & ~15;
  let k: usize = 0;
  for (; k + 4 <= channels; k += 4, a += row << 2, w += row << 2) {
    let p: usize = 0;
    for (; p < wide; p += 16) {
      const a0 = a + p;
      const w0 = w + p;
      const a1 = a0 + row;
      const w1 = w0 + row;
      const a2 = a1 + row;
      const w2 = w1 + row;
      const low = f32x4.add(product4(a0, w0, relu), product4(a1, w1, relu));
      const high = f32x4.add(product4(a2, w2, relu), product4(a2 + row, w2 + row, relu));
      v128.store(out + p, f32x4.add(v128.load(out + p), f32x4.add(low, high)));
    }
    for (; p < row; p += 4) {
      const a0 = a + p;
      const w0 = w + p;
      const a1 = a0 + row;
      const w1 = w0 + row;
      const a2 = a1 + row;
      const w2 = w1 + row;
      const low = product(a0, w0, relu) + product(a1, w1, relu);
      const high = product(a2, w2, relu) + product(a2 + row, w2 + row, relu);
      f32.store(out + p, f32.load(out + p) + (low + high));
    }
  }
  for (; k < channels; k++, a += row, w += row) {
    let p: usize = 0;
    for (; p < wide; p += 16) {
      v128.store(out + p, f32x4.add(v128.load(out + p), product4(a + p, w + p, relu)));
    }
    for (; p < row; p += 4) f32.store(out + p, f32.load(out + p) + product(a + p, w + p, relu));
  }
}

// max, not the cheaper pmax: pmax(0, NaN) is 0 and would hide a NaN.
// @ts-ignore: decorator
@inline
function product4(a: usize, w: usize, relu: bool): v128 {
  const p = f32x4.mul(v128.load(a), v128.load(w));
  return relu ? f32x4.max(p, f32x4.splat(0)) : p;
}

// @ts-ignore: decorator
@inline
function product(a: usize, w: usize, relu: bool): f32 {
  const p = f32.load(a) * f32.load(w);
  return relu ? max<f32>(p, 0) : p;
}

/** out += from, from = 0 */
function move(out: usize, from: usize, row: usize): void {
  const wide = row & ~15;
  let p: usize = 0;
  for (; p < wide; p += 16) {
    v128.store(out + p, f32x4.add(v128.load(out + p), v128.load(from + p)));
    v128.store(from + p, f32x4.splat(0));
  }
  for (; p < row; p += 4) {
    f32.store(out + p, f32.load(out + p) + f32.load(from + p));
    f32.store(from + p, 0);
  }
}
