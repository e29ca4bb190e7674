import { CamError } from '../errors.ts';
import type { FileSource, ImageInput } from '../image/source.ts';
import type { ClassOutput } from '../network/output.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import { eachRun, held, pooled } from './classes.ts';
import { findClass, isLabel } from './label.ts';
import { parseTarget } from './parse.ts';
import type { ElementsTarget, Range, Reduce, Scored, Target, TargetInput } from './target.ts';
import { targetText } from './text.ts';

/** A target made out on one output: classes by index, masks on its grid, elements by where they lie. */
export type Objective =
  | { readonly kind: 'class'; readonly class: number; readonly weights?: Float32Array }
  | { readonly kind: 'elements'; readonly at: Int32Array; readonly reduce: Reduce }
  | { readonly kind: 'difference'; readonly of: readonly [Objective, Objective] }
  | { readonly kind: 'similarity'; readonly to: Float32Array }
  | { readonly kind: 'custom'; readonly of: (output: FloatTensor) => Scored };

/** Height and width of a dense output. */
export interface Grid {
  readonly height: number;
  readonly width: number;
}

/** What it takes to make a target out. */
export interface Sight {
  readonly classes: ClassOutput;
  readonly labels: readonly string[];
  /** The logits for the image. */
  readonly logits: FloatTensor;
  /** A picture's whiteness in [0, 1] over the output's grid, as the image lies in the input. */
  readonly mask: (source: FileSource | ImageInput, grid: Grid) => Promise<Float32Array>;
  /** The explained output for another image. */
  readonly outputFor: (source: FileSource | ImageInput) => Promise<FloatTensor>;
}

/** Text and numbers as a target; a label goes before anything that it could be read as. @throws CamError BAD_TARGET. */
export function targetOf(said: TargetInput, labels: readonly string[]): Target {
  if (typeof said === 'object') return said;
  return typeof said === 'number' || isLabel(said, labels) ? { class: said } : parseTarget(said);
}

/** @throws CamError BAD_TARGET, UNKNOWN_CLASS, and what reading a picture throws. */
export async function objectiveOf(target: Target, sight: Sight): Promise<Objective> {
  const { classes, labels } = sight;
  if ('of' in target) return { kind: 'custom', of: target.of };
  if ('minus' in target) {
    const [a, b] = target.minus;
    return { kind: 'difference', of: [await objectiveOf(a, sight), await objectiveOf(b, sight)] };
  }
  if ('similar' in target) return { kind: 'similarity', to: await vectorOf(target.similar, sight) };
  if ('index' in target) return { kind: 'elements', ...elementsOf(target, classes) };
  const index = classIndex(target.class, labels, classes.classes);
  const weights = await weightsOf(index, target.over, sight);
  return { kind: 'class', class: index, ...(weights && { weights }) };
}

/** The class that an objective is, if it is one as a whole. */
export const classOf = (objective: Objective): number | undefined =>
  objective.kind === 'class' && objective.weights === undefined ? objective.class : undefined;

function classIndex(said: number | string, labels: readonly string[], count: number): number {
  const index = typeof said === 'string' ? findClass(said, labels) : said;
  if (Number.isInteger(index) && index >= 0 && index < count) return index;
  throw new CamError(
    'UNKNOWN_CLASS',
    `There is no class ${index}: the model has ${count}, from 0 to ${count - 1}.`,
  );
}

async function weightsOf(
  index: number,
  over: 'all' | 'predicted' | FileSource | ImageInput | undefined,
  { classes, logits, mask }: Sight,
): Promise<Float32Array | undefined> {
  if (over === undefined || over === 'all') return undefined;
  if (classes.positions === 1) {
    throw new CamError(
      'BAD_TARGET',
      `The output "${classes.name}" [${classes.shape.join(', ')}] has one score per class, not one per pixel: leave the part after @ out.`,
    );
  }
  // Fixed by this image, so that the score is of the same pixels when a method looks at changed images.
  if (over === 'predicted') return heldBy(index, logits, classes);
  const grid = gridOf(classes);
  const weights = await mask(over, grid);
  if (weights.some((weight) => weight > 0)) return weights;
  throw new CamError(
    'BAD_TARGET',
    `The mask has nothing white on the ${grid.width} x ${grid.height} pixels of the output. White is what counts.`,
  );
}

function heldBy(index: number, logits: FloatTensor, classes: ClassOutput): Float32Array {
  const { data } = held(logits, classes);
  const own = new Float32Array(classes.positions);
  eachRun(classes, (c, at, position, length) => {
    if (c === index) own.set(data.subarray(at, at + length), position);
  });
  return own;
}

function gridOf({ name, shape, dims, axis }: ClassOutput): Grid {
  const [height, width] = dims.filter((_, i) => i > 0 && i !== axis);
  if (dims.length === 4) return { height, width };
  throw new CamError(
    'BAD_TARGET',
    `The output "${name}" [${shape.join(', ')}] is no map over height and width, so no mask can be laid on it. Name its elements: output[...].`,
  );
}

async function vectorOf(source: FileSource | ImageInput | Float32Array, sight: Sight): Promise<Float32Array> {
  const { classes } = sight;
  const vector = source instanceof Float32Array ? source : pooled(await sight.outputFor(source), classes);
  if (vector.length === classes.classes) return vector;
  throw new CamError(
    'BAD_TARGET',
    `The vector has ${vector.length} numbers, and the output "${classes.name}" gives ${classes.classes}.`,
  );
}

/**
 * Where the elements lie, by the shape that the model declares: a Softmax or Reshape between it and what is explained
 * keeps their order.
 */
function elementsOf(
  target: ElementsTarget,
  { name, shape }: ClassOutput,
): { at: Int32Array; reduce: Reduce } {
  const text = targetText(target);
  const refuse = (why: string): never => {
    throw new CamError('BAD_TARGET', `${text}: ${why} The output "${name}" is [${shape.join(', ')}].`);
  };
  const { index, reduce } = target;
  if (index.length !== shape.length)
    refuse(`${index.length} positions are given for ${shape.length} axes; ":" takes all of an axis.`);
  let at = Int32Array.of(0);
  index.forEach((position, axis) => {
    const [from, to] = boundsOf(position, shape[axis]);
    const whole = Number.isInteger(from) && Number.isInteger(to);
    if (!(whole && from >= 0 && from < to && to <= shape[axis]))
      refuse(`position ${axis + 1} lies outside, or takes nothing.`);
    const taken = Int32Array.from({ length: to - from }, (_, i) => from + i);
    at = spread(at, taken, shape[axis]);
  });
  if (at.length > 1 && reduce === undefined)
    refuse(`it takes ${at.length} elements: say which number they make, as in mean(${text}), sum or max.`);
  return { at, reduce: reduce ?? 'sum' };
}

function boundsOf(position: number | Range, size: number): [from: number, to: number] {
  const whole = (value: number) => (value < 0 ? value + size : value);
  if (typeof position === 'number') return [whole(position), whole(position) + 1];
  // As in NumPy, a range may reach beyond the end.
  const { from = 0, to = size } = position;
  return [Math.max(0, whole(from)), Math.min(size, whole(to))];
}

/** Every offset with every position of the next axis. */
function spread(at: Int32Array, taken: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(at.length * taken.length);
  at.forEach((offset, i) =>
    taken.forEach((position, j) => (out[i * taken.length + j] = offset * size + position)),
  );
  return out;
}
