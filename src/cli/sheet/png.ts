import type { Jimp as JimpClass } from 'jimp';
import { COLORMAPS, type Picture, toPNG } from '../../index.ts';
import { type ColorBar, type Sheet, SIDE } from './sheet.ts';

type Canvas = InstanceType<typeof JimpClass>;
type Print = (text: string, x: number, y: number, width: number) => void;

const MARGIN = 16;
const CELL_GAP = 8;
/** Height of a text line, and width of the row labels. */
const LINE = 20;
const ASIDE = 168;
const WHITE = 0xffffffff;

/** A picture of the sheet. Its font only has Latin letters, and others become `?`; the HTML sheet has all. */
export async function pngSheet({ title, columns, rows, bar }: Sheet): Promise<Uint8Array> {
  const { Jimp, loadFont, measureText } = await import('jimp');
  const { SANS_14_BLACK } = await import('jimp/fonts');
  const font = await loadFont(SANS_14_BLACK);
  const heights = rows.map(({ cells }) => Math.max(3 * LINE, ...cells.map((cell) => cell?.height ?? 0)));
  const top = MARGIN + 2 * LINE + CELL_GAP;
  const width = Math.max(2 * MARGIN + ASIDE + columns.length * (SIDE + CELL_GAP), 2 * MARGIN + 640);
  const height = top + heights.reduce((sum, height) => sum + height + CELL_GAP, 0) + LINE + MARGIN;
  const canvas: Canvas = new Jimp({ width, height, color: WHITE });
  const print: Print = (text, x, y, room) => {
    const shown = readable(text, font.chars);
    canvas.print({ font, x, y, text: fitting(shown, (part) => measureText(font, part) <= room) });
  };
  print(title, MARGIN, MARGIN, width - 2 * MARGIN);
  const left = (column: number) => MARGIN + ASIDE + column * (SIDE + CELL_GAP);
  columns.forEach((column, i) => print(column, left(i), MARGIN + LINE + CELL_GAP, SIDE));
  let y = top;
  rows.forEach(({ label, amounts, cells }, i) => {
    [label, ...amounts].forEach((text, line) => print(text, MARGIN, y + line * LINE, ASIDE - CELL_GAP));
    cells.forEach((cell, column) => {
      if (cell) paste(canvas, cell, left(column), y);
      else print('failed', left(column), y, SIDE);
    });
    y += heights[i] + CELL_GAP;
  });
  drawBar(canvas, print, bar, y);
  return toPNG({ width, height, data: new Uint8ClampedArray(canvas.bitmap.data) });
}

/** Replaces characters missing from the font with `?`. */
const readable = (text: string, chars: object): string =>
  [...text]
    .map((character) => (character === ' ' || Object.hasOwn(chars, character) ? character : '?'))
    .join('');

/** Truncates text with dots to the available width. */
function fitting(text: string, fits: (text: string) => boolean): string {
  if (fits(text)) return text;
  let kept = text;
  while (kept !== '' && !fits(`${kept}...`)) kept = kept.slice(0, -1);
  return `${kept.trimEnd()}...`;
}

function paste({ bitmap }: Canvas, { data, width, height }: Picture, x: number, y: number): void {
  for (let row = 0; row < height; row++) {
    bitmap.data.set(
      data.subarray(4 * row * width, 4 * (row + 1) * width),
      4 * ((y + row) * bitmap.width + x),
    );
  }
}

const BAR = { width: 256, height: 12 };

function drawBar(canvas: Canvas, print: Print, { colormap, low, high }: ColorBar, y: number): void {
  const table = COLORMAPS[colormap].table();
  const data = new Uint8ClampedArray(4 * BAR.width * BAR.height);
  for (let row = 0; row < BAR.height; row++) data.set(table, 4 * row * BAR.width);
  print(low, MARGIN, y, ASIDE - CELL_GAP);
  paste(canvas, { ...BAR, data }, MARGIN + ASIDE, y + 2);
  print(high, MARGIN + ASIDE + BAR.width + CELL_GAP, y, ASIDE);
}
