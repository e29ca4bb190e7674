import type { Reply, Request, Steps } from '../methods/request.ts';

/** Runs a method's steps to their result; `answer` alone touches the network. */
export async function drive<Result>(
  steps: Result | Steps<Result>,
  answer: (request: Request) => Promise<Reply>,
): Promise<Result> {
  if (!isSteps(steps)) return steps;
  let turn = steps.next();
  while (!turn.done) turn = steps.next(await answer(turn.value));
  return turn.value;
}

const isSteps = <Result>(value: Result | Steps<Result>): value is Steps<Result> =>
  typeof (value as Steps<Result> | undefined)?.next === 'function';
