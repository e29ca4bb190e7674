import type { MethodId } from '../index.ts';
import type { Format } from '../options/options.ts';
import type { Input } from './inputs.ts';
import type { TargetName } from './targets.ts';

/** Where results go. */
export interface Destination {
  readonly kind: 'stdout' | 'file' | 'folder';
  /** As the user wrote it; '' is the current folder. */
  readonly path: string;
  readonly format: Format;
}

/** An image with the methods that explain it; without an image, the methods that make one. */
export interface Job {
  readonly input: Input | undefined;
  readonly methods: readonly MethodId[];
  /** Those that only `all` names: that a model does not suit them is then no failure. */
  readonly optional: ReadonlySet<MethodId>;
}

/** Everything that decides which files a call writes. */
export interface OutputPlan {
  readonly jobs: readonly Job[];
  /** Names of the targets; undefined for a class that only the model knows. */
  readonly classes: readonly (TargetName | undefined)[];
  /** Number of layers named; undefined where methods choose theirs. */
  readonly layers: number | undefined;
  /** Raw maps instead of heatmaps: one for each layer. */
  readonly raw: boolean;
  readonly destination: Destination;
  /** Folder of --save-tensors. */
  readonly tensors: string | undefined;
}
