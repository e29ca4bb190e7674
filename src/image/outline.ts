import type { Box } from './resize.ts';
import type { Picture } from './source.ts';

const LIGHT = 255;
const DARK = 0;

/** Share of the picture's shorter side that a line is wide. */
const WIDTH = 1 / 150;

/** A picture with the outline of a box, white with black edges, so that it shows on any colors. */
export function outlined({ data, width, height }: Picture, box: Box): Picture {
  const line = Math.max(1, Math.round(Math.min(width, height) * WIDTH));
  const out = { data: data.slice(), width, height };
  for (const [grow, shade, thickness] of [
    [line, DARK, 3 * line],
    [0, LIGHT, line],
  ] as const)
    drawFrame(
      out,
      {
        left: box.x - grow,
        top: box.y - grow,
        right: box.x + box.width + grow,
        bottom: box.y + box.height + grow,
      },
      thickness,
      shade,
    );
  return out;
}

interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Fills the inner border of a rectangle, `thickness` pixels wide. */
function drawFrame({ data, width, height }: Picture, edges: Edges, thickness: number, shade: number): void {
  const within = (value: number, limit: number) => Math.min(limit, Math.max(0, Math.round(value)));
  const [left, right] = [within(edges.left, width), within(edges.right, width)];
  const [top, bottom] = [within(edges.top, height), within(edges.bottom, height)];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const inside =
        x >= left + thickness && x < right - thickness && y >= top + thickness && y < bottom - thickness;
      if (inside) continue;
      data.fill(shade, 4 * (y * width + x), 4 * (y * width + x) + 3);
    }
  }
}
