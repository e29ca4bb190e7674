import type { Aim } from './aim.ts';
import type { Tensors } from '../types.ts';
import type { Volume } from '../kernels/index.ts';
import type { Notes } from './maps.ts';
import type { Chosen } from '../methods/choice.ts';

/** One method for one target, and what came of it. */
export interface Task {
  readonly aim: Aim;
  readonly chosen: Chosen;
  readonly notes: Notes;
  /** Maps for each variant of the image. */
  readonly maps: Volume[][];
  tensors?: Tensors;
  error?: Error;
}
