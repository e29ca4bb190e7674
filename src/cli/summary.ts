import type { ClassScore, Explanation, Report, TargetInfo, Threads } from '../index.ts';
import type { Terminal } from './terminal.ts';

/** An explanation and the files that it became. */
export interface Written {
  readonly explanation: Explanation;
  readonly outputs: readonly string[];
}

/** `golf-ball.jpg  golf ball 98.1 %  layercam @ stage4.block2 → golf-ball.layercam.png (0.42 s)` */
export function summaryLine(
  name: string | undefined,
  prediction: readonly ClassScore[],
  written: readonly Written[],
  seconds: number,
  style: Terminal['style'],
): string {
  // Where no class is explained, the output may hold boxes as well: its largest number is no prediction.
  const classes = written.some(({ explanation }) => explanation.target.index !== undefined);
  const [best] = name !== undefined && classes ? prediction : [];
  const explained = (explanation: Explanation) =>
    best && explanation.target.index === best.index ? undefined : explanation.target;
  const parts = [
    ...(name === undefined ? [] : [name]),
    ...(best ? [`${style('bold', className(best))} ${percent(best.probability)}`] : []),
    written
      .map(({ explanation, outputs }) => {
        const { method, layers } = explanation;
        const target = explained(explanation);
        const of = target ? ` of ${className(target)}${amount(target, name === undefined)}` : '';
        const at = layers.length > 0 ? ` @ ${layers.join(', ')}` : '';
        const to = outputs.length > 0 ? ` → ${style('cyan', outputs.join(', '))}` : '';
        return `${method}${of}${at}${to}`;
      })
      .join('; '),
  ];
  return `${parts.join('  ')} ${style('dim', `(${seconds.toFixed(2)} s)`)}`;
}

const className = ({ label, index }: { label: string; index: number | undefined }): string =>
  label === String(index) ? `class ${label}` : label;

/** How sure the model is of a class, or the score of another target. */
function amount({ index, probability, score }: TargetInfo, made: boolean): string {
  if (index === undefined) return ` = ${Number(score.toPrecision(4))}`;
  return made || probability === undefined ? '' : ` (${percent(probability)})`;
}

const percent = (probability: number): string => `${(100 * probability).toFixed(1)} %`;

/** What --verbose tells of an image: what was used, and where the time went. */
export function detailLines(
  report: Omit<Report, 'explanations' | 'failures'>,
  written: readonly Written[],
  threads: Threads,
): string {
  const p = report.preprocessing;
  const layers = [...new Set(written.flatMap(({ explanation }) => explanation.layers))];
  const rows: [string, string][] = [
    ['layer', layers.join(', ') || 'none: the methods look at the input'],
    [
      'preprocessing',
      p
        ? `${p.width} x ${p.height} ${p.fit}, ${p.channels} ${p.range.join('..')}, mean ${p.mean.join(', ')}, std ${p.std.join(', ')}, ${p.layout}`
        : 'none',
    ],
    ['threads', threads.note ?? String(threads.count)],
    [
      'time',
      Object.entries(report.timings)
        .map(([stage, ms]) => `${stage} ${ms.toFixed(0)}`)
        .join(', ') + ' ms',
    ],
  ];
  return rows.map(([key, value]) => `  ${key.padEnd(14)}${value}`).join('\n');
}
