import { overlay, type Explanation, type Report, type TargetInfo } from '../../index.ts';
import type { ColormapId } from '../../image/colormaps.ts';
import type { OverlayOptions } from '../../image/overlay.ts';
import type { Picture } from '../../image/picture.ts';
import { resize } from '../../image/resize.ts';
import { METHODS } from '../../methods/index.ts';
import { targetName } from '../targets.ts';

/** A contact sheet: what several methods show of several classes of one image. */
export interface Sheet {
  readonly title: string;
  /** Methods, by title. */
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  readonly bar: Bar;
}

/** One class. */
export interface Row {
  readonly label: string;
  /** Probability and score. */
  readonly amounts: readonly string[];
  /** One for each column; undefined where the method failed. */
  readonly cells: readonly (Picture | undefined)[];
}

/** What the colours mean. */
export interface Bar {
  readonly colormap: ColormapId;
  readonly low: string;
  readonly high: string;
}

/** Longer side of a cell, in pixels. */
export const SIDE = 224;

export async function sheetOf(
  title: string,
  { explanations }: Pick<Report, 'explanations'>,
  look: OverlayOptions,
  bar: Bar,
): Promise<Sheet> {
  const methods = [...new Set(explanations.map(({ method }) => method))];
  const rows = new Map<string | number, Explanation[]>();
  for (const explanation of explanations) {
    const name = targetName(explanation.target);
    rows.set(name, [...(rows.get(name) ?? []), explanation]);
  }
  return {
    title,
    columns: methods.map((id) => METHODS[id].title),
    rows: await Promise.all(
      [...rows.values()].map(async (ofTarget) => ({
        label: ofTarget[0].target.label,
        amounts: amountsOf(ofTarget[0].target),
        cells: await Promise.all(
          methods.map(async (id) => {
            const found = ofTarget.find(({ method }) => method === id);
            return found && thumbnail(await overlay(found, look));
          }),
        ),
      })),
    ),
    bar,
  };
}

const amountsOf = ({ probability, score }: TargetInfo): string[] => [
  ...(probability === undefined ? [] : [`${(100 * probability).toFixed(1)} %`]),
  `score ${Number(score.toPrecision(4))}`,
];

/** The picture with a longer side of `SIDE` pixels. */
function thumbnail(picture: Picture): Picture {
  const scale = SIDE / Math.max(picture.width, picture.height);
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const size = width * height;
  const colors = resize(picture, { x: 0, y: 0, width: picture.width, height: picture.height }, height, width);
  const data = new Uint8ClampedArray(4 * size).fill(255);
  for (let at = 0; at < size; at++)
    for (let c = 0; c < 3; c++) data[4 * at + c] = Math.round(colors[c * size + at]);
  return { width, height, data };
}
