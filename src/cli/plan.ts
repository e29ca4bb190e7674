import type { MethodId } from '../index.ts';
import type { Format } from '../options/index.ts';
import type { Input } from './inputs.ts';
import type { TargetName } from './targets.ts';

/** The destination of results. */
export interface Destination {
  readonly kind: 'stdout' | 'file' | 'folder';
  /** The user's spelling; '' is the current folder. */
  readonly path: string;
  readonly format: Format;
}

/** An image with the methods that explain it or, without an image, the methods that generate one. */
export interface Job {
  readonly input: Input | undefined;
  readonly methods: readonly MethodId[];
  /** Methods named only by `all`, so that a model they do not suit is not an error. */
  readonly optional: ReadonlySet<MethodId>;
}

/** Everything that determines the files a call writes. */
export interface OutputPlan {
  readonly jobs: readonly Job[];
  /** Names of the targets; undefined for a predicted class, known only after a run. */
  readonly classes: readonly (TargetName | undefined)[];
  /** Number of named layers; undefined if methods choose theirs. */
  readonly layers: number | undefined;
  /** Raw maps instead of heatmaps: one per layer. */
  readonly raw: boolean;
  readonly destination: Destination;
  /** Folder of --save-tensors. */
  readonly tensors: string | undefined;
}
