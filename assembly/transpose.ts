/** out[c,r] = a[r,c], bits untouched. a: [rows, columns]; out: [columns, rows]. */
export function transpose(out: usize, a: usize, rows: usize, columns: usize): void {
  const pitchA = columns << 2;
  const pitchOut = rows << 2;
  let r: usize = 0;
  for (; r + 4 <= rows; r += 4) {
    const from = a + r * pitchA;
    const to = out + (r << 2);
    let c: usize = 0;
    for (; c + 4 <= columns; c += 4) transpose4x4(to + c * pitchOut, pitchOut, from + (c << 2), pitchA);
    for (; c < columns; c++) {
      for (let i: usize = 0; i < 4; i++) {
        i32.store(to + c * pitchOut + (i << 2), i32.load(from + i * pitchA + (c << 2)));
      }
    }
  }
  for (; r < rows; r++) {
    for (let c: usize = 0; c < columns; c++) {
      i32.store(out + c * pitchOut + (r << 2), i32.load(a + r * pitchA + (c << 2)));
    }
  }
}

// @ts-ignore: decorator
@inline
function transpose4x4(out: usize, pitchOut: usize, a: usize, pitchA: usize): void {
  const r0 = v128.load(a);
  const r1 = v128.load(a + pitchA);
  const r2 = v128.load(a + pitchA * 2);
  const r3 = v128.load(a + pitchA * 3);
  const low01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<i64>(low01, low23, 0, 2));
  v128.store(out + pitchOut, v128.shuffle<i64>(low01, low23, 1, 3));
  v128.store(out + pitchOut * 2, v128.shuffle<i64>(high01, high23, 0, 2));
  v128.store(out + pitchOut * 3, v128.shuffle<i64>(high01, high23, 1, 3));
}
