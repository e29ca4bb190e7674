/** The outcome of a step: its result, or its error, thrown only if the result is used. */
export type Attempt<Result> =
  { readonly ok: true; readonly value: Result } | { readonly ok: false; readonly error: Error };

export function attempt<Result>(work: () => Result): Attempt<Result> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    return { ok: false, error: error as Error };
  }
}

/** The result; throws the error of a failed attempt. */
export function resultOf<Result>(made: Attempt<Result>): Result {
  if (made.ok) return made.value;
  throw made.error;
}

/** The result, or a fallback if the attempt failed or was not made. */
export const resultOr = <Result, Instead>(
  made: Attempt<Result> | undefined,
  instead: Instead,
): Result | Instead => (made?.ok ? made.value : instead);
