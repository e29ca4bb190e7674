// Runs the cases that the other process names, one at a time, so that it survives whatever they do.
import { CamError } from '../../src/errors.ts';
import { uniform } from '../../test/helpers/random.ts';
import { goodHeatmap, KINDS } from './kinds.ts';

/** Bounds of a case. Time is that of the processor, which does not depend on what else the machine does. */
const MOST_SECONDS = 10;
const MOST_MB = 1000;

export interface Asked {
  readonly seed: number;
  readonly case: number;
}

export interface Answer extends Asked {
  readonly kind: string;
  readonly outcome: string;
  /** What was wrong, if anything. */
  readonly failure: string | undefined;
}

const kinds = Object.entries(KINDS);
const expected = await goodHeatmap();
(globalThis as { gc?: () => void }).gc?.();
const start = process.resourceUsage().maxRSS;

async function answerTo({ seed, case: number }: Asked): Promise<Answer> {
  const [kind, run] = kinds[number % kinds.length];
  const draw = uniform(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  const before = process.cpuUsage();
  let outcome: string;
  let failure: string | undefined;
  try {
    outcome = await run(draw);
  } catch (error) {
    outcome = error instanceof CamError ? error.code : 'untyped error';
    if (!(error instanceof CamError))
      failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  if (seconds > MOST_SECONDS) failure ??= `it took ${seconds.toFixed(1)} s`;
  const grown = (process.resourceUsage().maxRSS - start) / 1024;
  if (grown > MOST_MB) failure ??= `the process grew by ${grown.toFixed(0)} MB`;
  failure ??= await goodHeatmap().then(
    (found) =>
      found.every((value, i) => value === expected[i]) ? undefined : 'a good picture has another heatmap',
    (error: unknown) => `a good picture fails: ${String(error)}`,
  );
  if (process.memoryUsage().rss > 400e6) (globalThis as { gc?: () => void }).gc?.();
  return { seed, case: number, kind, outcome, failure };
}

process.on('message', (asked: Asked) => void answerTo(asked).then((answer) => process.send?.(answer)));
process.send?.('ready');
