import {
  type ColormapId,
  DEFAULT_COLORMAP,
  type ExplainReport,
  type Explanation,
  METHODS,
  overlay,
  type OverlayOptions,
  type Picture,
  resizePicture,
  type TargetInfo,
} from '../../index.ts';
import type { Given } from '../../options/index.ts';
import type { ClassNames } from '../class-names.ts';
import { targetName } from '../targets.ts';
import { percent } from '../terminal.ts';

/** A contact sheet: several methods for several classes of one image. */
export interface Sheet {
  readonly title: string;
  /** Methods, by title. */
  readonly columns: readonly string[];
  readonly rows: readonly SheetRow[];
  readonly bar: ColorBar;
}

/** One class. */
export interface SheetRow {
  readonly label: string;
  /** Probability and score. */
  readonly amounts: readonly string[];
  /** One per column; undefined if the method failed. */
  readonly cells: readonly (Picture | undefined)[];
}

/** The meaning of the colors. */
export interface ColorBar {
  readonly colormap: ColormapId;
  readonly low: string;
  readonly high: string;
}

/** Longer side of a cell, in pixels. */
export const SIDE = 224;

/** How a sheet is drawn, and its classes are named. */
interface SheetLook {
  readonly overlay: OverlayOptions;
  readonly bar: ColorBar;
  readonly className: ClassNames;
}

export async function sheetOf(
  title: string,
  { explanations }: Pick<ExplainReport, 'explanations'>,
  { overlay: options, bar, className }: SheetLook,
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
        label: className(ofTarget[0].target),
        amounts: amountsOf(ofTarget[0].target),
        cells: await Promise.all(
          methods.map(async (id) => {
            const found = ofTarget.find(({ method }) => method === id);
            return found && resizePicture(await overlay(found, options), SIDE);
          }),
        ),
      })),
    ),
    bar,
  };
}

const amountsOf = ({ probability, score }: TargetInfo): string[] => [
  ...(probability === undefined ? [] : [percent(probability)]),
  `score ${Number(score.toPrecision(4))}`,
];

/** The color bar of heatmaps drawn with these settings. */
export const colorBarOf = ({ signed, colormap }: Pick<Given, 'signed' | 'colormap'>): ColorBar =>
  signed
    ? { colormap: colormap ?? 'coolwarm', low: 'evidence against', high: 'evidence for' }
    : { colormap: colormap ?? DEFAULT_COLORMAP, low: 'matters least', high: 'matters most' };
