// Bilinear resampling of one plane, columns first: each source row is stretched once to the output width, and each
// output row blends two stretched rows, held in `scratch`.

/**
 * out[i,j] = bilinear sample of a at y = (i + 0.5) scaleY + offsetY - 0.5, x likewise (source element r has its center
 * at r), clamped to the source's edge; with `zero`, samples outside [-0.5, extent - 0.5) are 0 instead.
 *
 * a: [height, width], both at least 1; out: [rows, columns]; scratch: 2 × columns floats.
 * A NaN or infinity affects every output with that element in its two-by-two neighborhood.
 */
export function resample(
  out: usize,
  a: usize,
  scratch: usize,
  height: i32,
  width: i32,
  rows: i32,
  columns: i32,
  scaleY: f64,
  offsetY: f64,
  scaleX: f64,
  offsetX: f64,
  zero: bool,
): void {
  const pitch = <usize>columns << 2;
  const wide = pitch & ~15;
  let upper = scratch;
  let lower = scratch + pitch;
  let upperRow = -1; // which source row each half of the scratch holds
  let lowerRow = -1;
  for (let i = 0; i < rows; i++, out += pitch) {
    const y = (<f64>i + 0.5) * scaleY + offsetY - 0.5;
    if (zero && isOutside(y, height)) {
      memory.fill(out, 0, pitch);
      continue;
    }
    const at = clamp(y, height);
    const y0 = <i32>at;
    const y1 = min(y0 + 1, height - 1);
    if (y0 != upperRow && y0 == lowerRow) {
      const swap = upper;
      upper = lower;
      lower = swap;
      lowerRow = upperRow;
      upperRow = y0;
    }
    if (y0 != upperRow) {
      stretch(upper, a + ((<usize>y0 * width) << 2), width, columns, scaleX, offsetX, zero);
      upperRow = y0;
    }
    if (y1 != lowerRow) {
      stretch(lower, a + ((<usize>y1 * width) << 2), width, columns, scaleX, offsetX, zero);
      lowerRow = y1;
    }
    const t = <f32>(at - y0);
    const t4 = f32x4.splat(t);
    let p: usize = 0;
    for (; p < wide; p += 16) {
      const u = v128.load(upper + p);
      v128.store(out + p, f32x4.add(u, f32x4.mul(t4, f32x4.sub(v128.load(lower + p), u))));
    }
    for (; p < pitch; p += 4) {
      const u = f32.load(upper + p);
      f32.store(out + p, u + t * (f32.load(lower + p) - u));
    }
  }
}

function stretch(out: usize, a: usize, width: i32, columns: i32, scale: f64, offset: f64, zero: bool): void {
  for (let j = 0; j < columns; j++, out += 4) {
    const x = (<f64>j + 0.5) * scale + offset - 0.5;
    if (zero && isOutside(x, width)) {
      f32.store(out, 0);
      continue;
    }
    const at = clamp(x, width);
    const x0 = <i32>at;
    const u = f32.load(a + (<usize>x0 << 2));
    const v = f32.load(a + (<usize>min(x0 + 1, width - 1) << 2));
    f32.store(out, u + <f32>(at - x0) * (v - u));
  }
}

// @ts-ignore: decorator
@inline
function isOutside(at: f64, extent: i32): bool {
  return at < -0.5 || at >= <f64>extent - 0.5;
}

// @ts-ignore: decorator
@inline
function clamp(at: f64, extent: i32): f64 {
  return min(max(at, 0), <f64>(extent - 1));
}
