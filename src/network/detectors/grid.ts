import type { InputSize } from './detector.ts';

/** Candidates over the cells of a pyramid: level by level, row by row. */
export interface CandidateGrid {
  /** Pixels per cell, of each level. */
  readonly strides: readonly number[];
  /** Candidates per cell. */
  readonly anchors: number;
}

/** Strides of the pyramids in use. */
const PYRAMIDS: readonly (readonly number[])[] = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [16, 32],
  [4, 8, 16, 32],
];
const ANCHORS: readonly number[] = [1, 3];

const rowsAndColumns = ({ height, width }: InputSize, stride: number) => ({
  rows: Math.ceil(height / stride),
  columns: Math.ceil(width / stride),
});

/** The pyramid over the input that has so many candidates; undefined if there is none. */
export function gridOf(candidates: number, input: InputSize): CandidateGrid | undefined {
  for (const strides of PYRAMIDS) {
    const cells = strides.reduce((sum, stride) => {
      const { rows, columns } = rowsAndColumns(input, stride);
      return sum + rows * columns;
    }, 0);
    const anchors = ANCHORS.find((count) => candidates === count * cells);
    if (anchors !== undefined) return { strides, anchors };
  }
  return undefined;
}

/** The row, column and stride of the cell of candidate `i` on a grid with one candidate per cell. */
export function cellOf(
  { strides }: CandidateGrid,
  input: InputSize,
  i: number,
): { readonly row: number; readonly column: number; readonly stride: number } | undefined {
  let before = 0;
  for (const stride of strides) {
    const { rows, columns } = rowsAndColumns(input, stride);
    const cell = i - before;
    if (cell < rows * columns) return { row: Math.floor(cell / columns), column: cell % columns, stride };
    before += rows * columns;
  }
  return undefined;
}
