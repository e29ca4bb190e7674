// The Gram matrix of a matrix's columns, the input of principal component analysis.
//
// Sums are float64, because an eigenvector is only as accurate as its matrix. Rows go in small blocks that stay in the
// processor's cache during the loop over pairs of columns.

const ROWS: usize = 32;

/** out[i,j] = Σ_r a[r,i] a[r,j]. a: [rows, columns]; out: [columns, columns]; scratch: columns × columns float64. */
export function gram(out: usize, a: usize, scratch: usize, rows: usize, columns: usize): void {
  memory.fill(scratch, 0, (columns * columns) << 3);
  while (rows > 0) {
    const block = min(rows, ROWS);
    addGram(scratch, a, block, columns);
    rows -= block;
    a += block * (columns << 2);
  }
  for (let i: usize = 0; i < columns; i++) {
    for (let j = i; j < columns; j++) {
      const value = <f32>f64.load(scratch + ((i * columns + j) << 3));
      f32.store(out + ((i * columns + j) << 2), value);
      f32.store(out + ((j * columns + i) << 2), value);
    }
  }
}

/** Adds the products of columns i ≤ j. */
function addGram(sums: usize, a: usize, rows: usize, columns: usize): void {
  const pitch = columns << 2;
  const end = a + rows * pitch;
  for (let i: usize = 0; i < columns; i++) {
    let j = i;
    for (; j + 4 <= columns; j += 4) {
      const at = sums + ((i * columns + j) << 3);
      let low = v128.load(at);
      let high = v128.load(at, 16);
      for (let row = a; row < end; row += pitch) {
        const left = f64x2.splat(<f64>f32.load(row + (i << 2)));
        const right = v128.load(row + (j << 2));
        low = f64x2.add(low, f64x2.mul(left, f64x2.promote_low_f32x4(right)));
        high = f64x2.add(high, f64x2.mul(left, f64x2.promote_low_f32x4(v128.shuffle<i64>(right, right, 1, 1))));
      }
      v128.store(at, low);
      v128.store(at, high, 16);
    }
    for (; j < columns; j++) {
      const at = sums + ((i * columns + j) << 3);
      let sum = f64.load(at);
      for (let row = a; row < end; row += pitch) {
        sum += <f64>f32.load(row + (i << 2)) * <f64>f32.load(row + (j << 2));
      }
      f64.store(at, sum);
    }
  }
}
