import { onScale, type Report } from '../index.ts';

/** The reports with the heatmaps of each method on one scale: from the least to the largest value of all of them. */
export function onSharedScale(reports: readonly Report[]): Report[] {
  const ranges = new Map<string, readonly [low: number, high: number]>();
  for (const { method, range } of reports.flatMap(({ explanations }) => explanations)) {
    const [low, high] = ranges.get(method) ?? range;
    ranges.set(method, [Math.min(low, range[0]), Math.max(high, range[1])]);
  }
  return reports.map((report) => ({
    ...report,
    explanations: report.explanations.map((one) => onScale(one, ranges.get(one.method)!)),
  }));
}
