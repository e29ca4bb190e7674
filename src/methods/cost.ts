import type { Asks } from './ask.ts';
import type { Need } from './method.ts';

/** How many runs a method asks for: a number, or one of N samples, C channels of the layer, L attention layers. */
export type Count = number | 'N' | 'N + 1' | 'C' | 'N × C' | 'L';

/** Needs that one backward pass serves, whichever of them a call has. */
const PLAIN_BACKWARD: readonly Need[] = ['gradients', 'input-gradient', 'biases'];

/** Needs with a backward pass of their own: other rules hold in it. */
const RULED_BACKWARD: readonly Need[] = ['guided', 'deconvnet'];

/** What each request runs; `n` is how many there are. */
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

/** The runs of a method beyond the forward pass that all methods share: `1 backward + N × (1 forward + 1 backward)`. */
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
  // Guided Grad-CAM and its kind build on a CAM, which has gradients at a layer.
  const plain = PLAIN_BACKWARD.some(has) || (has('base') && RULED_BACKWARD.some(has));
  return Number(plain) + RULED_BACKWARD.filter(has).length;
}

/** Whether the runs of a method serve the other methods of a call: it asks for none of its own. */
export const isShared = (asks: Partial<Record<keyof Asks, Count>>): boolean => Object.keys(asks).length === 0;
