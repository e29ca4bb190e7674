import type {
  ClassScore,
  Detection,
  ExplainReport,
  Explanation,
  Failure,
  MethodId,
  TargetInfo,
  Threads,
} from '../index.ts';
import { CamError } from '../options/index.ts';
import type { ClassNames } from './class-names.ts';
import { DONE, exitCodeOf } from './exit.ts';
import type { Job } from './plan.ts';
import { preprocessingLines } from './preprocessing.ts';
import { percent, type Terminal } from './terminal.ts';

/** An explanation with the files written for it. */
export interface Written {
  readonly explanation: Explanation;
  readonly outputs: readonly string[];
}

/** How text looks: its styles, and the names of classes. */
interface Look {
  readonly style: Terminal['style'];
  readonly className: ClassNames;
}

/** `golf-ball.jpg  golf ball 98.4 %  layercam @ head.relu6 → golf-ball.layercam.png (0.42 s)` */
export function summaryLine(
  name: string | undefined,
  { prediction, confident }: Pick<ExplainReport, 'prediction' | 'confident'>,
  written: readonly Written[],
  seconds: number,
  { style, className }: Look,
): string {
  // Without an explained class, the output may hold boxes, whose largest number is not a prediction.
  const classes = written.some(({ explanation }) => explanation.target.index !== undefined);
  const [best] = name !== undefined && classes ? prediction : [];
  // A method without a score explains no target.
  const explained = ({ target }: Explanation) =>
    (confident !== false && best && target.index === best.index) || Number.isNaN(target.score)
      ? undefined
      : target;
  const amount = (one: ClassScore) => amountOf(one.logit, one.probability);
  const predicted = () =>
    confident === false
      ? `${style('bold', 'unsure')}: ${guesses(prediction, className)} (--model <file> uses another model)`
      : `${style('bold', className(best))}${amount(best)}`;
  const parts = [
    ...(name === undefined ? [] : [name]),
    ...(best ? [predicted()] : []),
    written
      .map(({ explanation, outputs }) => {
        const { method, layers } = explanation;
        const target = explained(explanation);
        const of = target
          ? ` of ${className(target)}${targetAmount(target, name === undefined, className)}`
          : '';
        const at = layers.length > 0 ? ` @ ${layers.join(', ')}` : '';
        const to = outputs.length > 0 ? ` → ${style('cyan', outputs.join(', '))}` : '';
        return `${method}${of}${at}${to}`;
      })
      .join('; '),
  ];
  return `${parts.join('  ')} ${style('dim', `(${seconds.toFixed(2)} s)`)}`;
}

/** The three best classes, of which none is likely. */
export const guesses = (prediction: readonly ClassScore[], className: ClassNames): string =>
  prediction
    .slice(0, 3)
    .map((one) => `${className(one)}${amountOf(one.logit, one.probability)}`)
    .join(', ');

function targetAmount(
  { index, probability, score, detection }: TargetInfo,
  made: boolean,
  className: ClassNames,
): string {
  if (index === undefined && detection)
    return ` (${className({ ...detection, index: detection.class })} ${percent(score)})`;
  if (index === undefined) return amountOf(score, undefined);
  return made ? '' : probability === undefined ? amountOf(score, undefined) : ` (${percent(probability)})`;
}

/** A probability, or else a score. */
const amountOf = (score: number, probability: number | undefined): string =>
  probability === undefined ? ` = ${Number(score.toPrecision(4))}` : ` ${percent(probability)}`;

/** Output of --detections: one line for each, `detection:0  car 95.4 %  x 12..80, y 4..60`. */
export function detectionLines(detections: readonly Detection[], className: ClassNames): string {
  if (detections.length === 0) return '  Nothing was detected.';
  return detections
    .map(({ label, class: index, score, box }, i) => {
      const side = (start: number, length: number) => `${start.toFixed(0)}..${(start + length).toFixed(0)}`;
      const { x, y, width, height } = box;
      return `  detection:${i}  ${className({ label, index })} ${percent(score)}  x ${side(x, width)}, y ${side(y, height)}`;
    })
    .join('\n');
}

/** Output of --verbose for an image: settings and timings. */
export function detailLines(
  report: Omit<ExplainReport, 'explanations' | 'failures'>,
  written: readonly Written[],
  threads: Threads,
): string {
  const { preprocessing, preprocessingSources } = report;
  const layers = [...new Set(written.flatMap(({ explanation }) => explanation.layers))];
  const { name, kind, dims, activation } = report.output;
  const rows: [string, string][] = [
    [
      'output',
      `${name} [${dims.join(', ')}]: ${kind}${activation && kind !== 'values' ? `, ${activation}` : ''}`,
    ],
    ['layer', layers.join(', ') || 'none: the methods explain the input'],
    ...(preprocessing && preprocessingSources
      ? preprocessingLines(preprocessing, preprocessingSources)
      : ['none']
    ).map((line, i): [string, string] => [i === 0 ? 'preprocessing' : '', line]),
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

/**
 * Prints the warnings and failures of a job, and returns its exit code. With `all`, a method that does not suit the
 * model is not a failure if others worked.
 */
export async function reportProblems(
  out: Pick<Terminal, 'complain' | 'detail' | 'note' | 'warn'>,
  { input, methods, optional }: Job,
  explanations: readonly Explanation[],
  failures: readonly Failure[],
  about: (problem: { method: MethodId; target: TargetInfo }) => string,
): Promise<number> {
  for (const explanation of explanations)
    for (const warning of explanation.warnings) await out.warn(`${about(explanation)}: ${warning}`);
  const unsuited = failures.filter(
    ({ method, error }) =>
      explanations.length > 0 &&
      optional.has(method) &&
      error instanceof CamError &&
      error.code.startsWith('UNSUPPORTED_'),
  );
  const serious = failures.filter((failure) => !unsuited.includes(failure));
  for (const failure of unsuited) await out.detail(`  ${about(failure)}: ${failure.error.message}`);
  for (const failure of serious) await out.complain(failure.error, about(failure));
  if (unsuited.length > 0) {
    const skipped = new Set(unsuited.map(({ method }) => method));
    await out.note(
      `${input?.name ?? methods.join(', ')}: not supported by this model: ${[...skipped].join(', ')}.`,
    );
  }
  return Math.max(DONE, ...serious.map(({ error }) => exitCodeOf(error)));
}
