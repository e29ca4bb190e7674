import type { Asks } from './ask.ts';
import type { Need } from './method.ts';

/**
 * Number of runs that a method requests: a number, or one per sample (N), channel of the layer (C) or attention layer
 * (L).
 */
export type Count = number | 'N' | 'N + 1' | 'C' | 'N × C' | 'L';

/** Needs that share a single backward pass. */
const PLAIN_BACKWARD: readonly Need[] = ['gradients', 'input-gradient', 'biases'];

/** Needs with a separate backward pass, under different rules. */
const RULED_BACKWARD: readonly Need[] = ['guided', 'deconvnet'];

/** Runs of each request; `n` is the number of requests. */
const RUNS: Readonly<Record<keyof Asks, (n: Count) => string>> = {
  scores: (n) => counted(n, 'forward'),
  headScores: (n) => `${counted(n, 'forward')} of the head`,
  inputGradient: (n) => `${n} × (1 forward + 1 backward)`,
  layerGradient: (n) => `${n} × (1 forward + 1 backward)`,
  headGradient: (n) => `${n} × (1 forward + 1 backward) of the head`,
  contrastGradient: (n) => counted(n, 'backward'),
  attentionGradient: (n) => `${n} × (1 forward + 1 backward of the head + 1 backward of a block)`,
};

const counted = (n: Count, run: string): string => `${n} ${run}${n === 1 ? '' : 's'}`;

/** The runs of a method beyond the shared forward pass: `1 backward + N × (1 forward + 1 backward)`. */
export function costOf(needs: readonly Need[], asks: Partial<Record<keyof Asks, Count>>): string {
  const backwards = backwardsOf(needs);
  const own = Object.keys(RUNS) as (keyof Asks)[];
  const runs = [
    ...(backwards > 0 ? [counted(backwards, 'backward')] : []),
    ...own.flatMap((ask) => (asks[ask] === undefined ? [] : [RUNS[ask](asks[ask])])),
  ];
  return runs.length > 0 ? runs.join(' + ') : 'none';
}

function backwardsOf(needs: readonly Need[]): number {
  const has = (need: Need) => needs.includes(need);
  // Guided Grad-CAM and similar methods build on a CAM, which needs gradients at a layer.
  const plain = PLAIN_BACKWARD.some(has) || (has('base') && RULED_BACKWARD.some(has));
  return Number(plain) + RULED_BACKWARD.filter(has).length;
}

/** Whether other methods of a call share all runs of the method: it requests none. */
export const isShared = (asks: Partial<Record<keyof Asks, Count>>): boolean => Object.keys(asks).length === 0;
