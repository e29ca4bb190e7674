import type { Plane } from '../kernels/index.ts';
import type { Picture } from './source.ts';

/** Colors that most color-blind readers can distinguish: M. Okabe and K. Ito (2008), without black. */
const COLORS: readonly (readonly [red: number, green: number, blue: number])[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
];

/**
 * Colors every pixel by its strongest concept; opacity grows with strength. `concepts` are maps at the picture's size,
 * in a common unit; `alpha` is the opacity of the strongest pixel.
 */
export function conceptPicture(picture: Picture, concepts: readonly Plane[], alpha = 0.7): Picture {
  const top = concepts.reduce((most, { data }) => data.reduce((a, b) => Math.max(a, b), most), 0);
  const data = new Uint8ClampedArray(picture.data);
  for (let at = 0; at < picture.width * picture.height; at++) {
    let best = 0;
    for (let c = 1; c < concepts.length; c++) if (concepts[c].data[at] > concepts[best].data[at]) best = c;
    const share = top > 0 ? alpha * Math.sqrt(concepts[best].data[at] / top) : 0;
    COLORS[best % COLORS.length].forEach((color, i) => {
      data[at * 4 + i] = (1 - share) * data[at * 4 + i] + share * color;
    });
  }
  return { data, width: picture.width, height: picture.height };
}
