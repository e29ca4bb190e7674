import type { Asks, MethodRequest, Reply, Steps } from '../methods/ask.ts';
import type { Count } from '../methods/cost.ts';
import { checkSignal } from './call.ts';
import {
  attentionGradient,
  contrastGradient,
  headGradient,
  inputGradient,
  layerGradient,
} from './gradients.ts';
import type { MethodRun } from './method-run.ts';
import { scores } from './scores.ts';

type Answerer<Ask extends keyof Asks> = (
  run: MethodRun,
  request: Extract<MethodRequest, { ask: Ask }>,
  /** How often the method has asked this before. */
  nth: number,
) => Promise<Reply>;

/** Answers to each request: the only place where a method runs the network. */
const ANSWERS: { readonly [Ask in keyof Asks]: Answerer<Ask> } = {
  scores,
  headScores: scores,
  inputGradient,
  layerGradient,
  headGradient,
  contrastGradient,
  attentionGradient,
};

/** Number of gradient requests of a method by kind, for its progress. */
export type Totals = Partial<Record<keyof Asks, number>>;

/** The counts of a row as numbers, if they do not depend on the layer. */
export const totalsOf = (
  asks: Partial<Record<keyof Asks, Count>>,
  samples: number,
  attentionLayers: number,
): Totals =>
  Object.fromEntries(
    Object.entries(asks).flatMap(([ask, count]) => {
      const total = count === 'N' ? samples : count === 'L' ? attentionLayers : count;
      return typeof total === 'number' ? [[ask, total]] : [];
    }),
  );

/**
 * Runs a formula to completion, answering its requests.
 * @throws {CamError} ABORTED when the signal is aborted, between runs.
 */
export async function drive<Result extends object>(
  steps: Result | Steps<Result>,
  run: MethodRun,
  totals: Totals,
): Promise<Result> {
  if (!isSteps(steps)) return steps;
  const { signal, onProgress } = run.options;
  const done = new Map<string, number>();
  let turn = steps.next();
  while (!turn.done) {
    checkSignal(signal);
    const { ask } = turn.value;
    const before = done.get(ask) ?? 0;
    const reply = await answer(run, turn.value, before);
    const count = before + 1;
    done.set(ask, count);
    const total = totals[ask];
    if (ask.endsWith('Gradient') && total !== undefined && ask !== 'contrastGradient')
      onProgress?.({ method: run.id, done: count, total });
    turn = steps.next(reply);
  }
  return turn.value;
}

const isSteps = <Result extends object>(value: Result | Steps<Result>): value is Steps<Result> =>
  'next' in value;

const answer = (run: MethodRun, request: MethodRequest, nth: number): Promise<Reply> =>
  (ANSWERS[request.ask] as (run: MethodRun, request: MethodRequest, nth: number) => Promise<Reply>)(
    run,
    request,
    nth,
  );
