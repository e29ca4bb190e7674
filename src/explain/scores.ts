import { CamError } from '../errors.ts';
import { DEFAULT_BATCH_SIZE, type ScoresRequest } from '../methods/ask.ts';
import { headFeeds } from '../network/head.ts';
import type { Layer } from '../network/layers.ts';
import { inLayout } from '../network/layout.ts';
import type { Values } from '../network/network.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import { checkSignal } from './call.ts';
import { type ForwardPass, variantFeeds } from './forward.ts';
import { layerOf, type MethodRun } from './method-run.ts';
import type { TargetRun } from './target-run.ts';

/**
 * Scores of many variants of the input or the layer. The first of a method's requests scores all targets that share its
 * variants.
 */
export async function scores(run: MethodRun, request: ScoresRequest, nth: number): Promise<Float32Array> {
  const { shared, target, layer } = run;
  // Later requests may depend on the replies to earlier ones.
  if (!shared || nth > 0) return (await scoresOf(run, request, [target])).get(target)!;
  const key = `${request.ask} ${layer?.name}`;
  const known = shared.scores.get(key);
  if (known) return reported(run, known.get(target)!);
  const found = await scoresOf(run, request, shared.targets);
  shared.scores.set(key, found);
  return found.get(target)!;
}

function reported({ id, options }: MethodRun, known: Float32Array): Float32Array {
  options.onProgress?.({ method: id, done: known.length, total: known.length });
  return known;
}

/** Scores of variants for each target, in batches if the graph treats the images of a batch independently. */
async function scoresOf(
  run: MethodRun,
  { ask, count, make, score }: ScoresRequest,
  targets: readonly TargetRun[],
): Promise<ReadonlyMap<TargetRun, Float32Array>> {
  const { pass } = run.target;
  const { network, plan } = pass;
  const { batchSize = batchFor(pass), signal, onProgress } = run.options;
  const layer = ask === 'headScores' ? layerOf(run) : undefined;
  const runVariants = layer ? variantsOfLayer(run, layer) : variantsOfInput(run);
  const found = new Map(targets.map((target) => [target, new Float32Array(count)]));
  // Where the frames of a video are the batch, there is no other.
  const framed = layer !== undefined && network.facts.dims.get(layer.name)![0] !== 1;
  let batch = framed ? 1 : ((layer ? undefined : declaredBatch(pass)) ?? batchSize);
  const apart = () =>
    network.once(['batches', ask, layer?.name, plan.explained], () =>
      keepsApart(pass, runVariants, make(0, 1)),
    );
  if (batch > 1 && count > 1 && !(await apart())) batch = 1;
  for (let from = 0; from < count;) {
    checkSignal(signal);
    const to = Math.min(count, from + batch);
    const output = await outputOf(pass, runVariants, make(from, to), to - from);
    if (output === undefined) {
      if (batch === 1) {
        throw new CamError(
          'UNSUPPORTED_MODEL',
          `The size of the output "${plan.output.name}" depends on the image, and this method changes the image. Use one that does not, such as gradcam.`,
        );
      }
      batch = 1; // the batch is too large to run
      continue;
    }
    const size = output.data.length / (to - from);
    for (let i = 0; i < to - from; i++) {
      const one = floatTensor(dimsOf(pass), output.data.subarray(i * size, (i + 1) * size));
      for (const [target, scored] of found) scored[from + i] = target.scoreOf(one, score).score;
    }
    from = to;
    onProgress?.({ method: run.id, done: to, total: count });
  }
  return found;
}

/** Numbers in a batch of inputs, 64 MB: a few volumes fill the runtime's memory. */
const MAX_BATCH_NUMBERS = 2 ** 24;

const batchFor = ({ input }: ForwardPass): number =>
  Math.max(1, Math.min(DEFAULT_BATCH_SIZE, Math.floor(MAX_BATCH_NUMBERS / input.tensor.data.length)));

/** Runs `count` variants at once and returns the explained value. */
type RunVariants = (data: Float32Array, count: number) => Promise<Values>;

const variantsOfInput =
  ({ target: { pass }, kernels }: MethodRun): RunVariants =>
  (data, count) =>
    pass.network.forward(variantFeeds(pass, data, count, kernels), [pass.plan.explained]);

const variantsOfLayer =
  ({ target: { pass }, kernels }: MethodRun, { name, layout }: Layer): RunVariants =>
  (data, count) => {
    const { network, plan, values } = pass;
    const { dims, data: original } = network.real(values, name);
    const batch = count === 1 ? dims : [count, ...dims.slice(1)];
    const tensor = floatTensor(batch, inLayout(data, layout, original, kernels));
    const feeds = headFeeds(network, name, plan.explained, tensor, values, count);
    return network.runHead(name, plan.explained, feeds);
  };

/** The declared batch size of the model's input; undefined if dynamic. */
function declaredBatch({ network, plan }: ForwardPass): number | undefined {
  const input = network.model.graph.inputs.find(({ name }) => name === plan.input);
  const [batch] = input?.dims ?? [];
  return typeof batch === 'number' ? batch : undefined;
}

const dimsOf = ({ network, plan }: ForwardPass): readonly number[] => network.facts.dims.get(plan.explained)!;

/** Largest difference between a variant's output alone and in a batch, relative to the largest magnitude. */
const TOLERANCE = 1e-3;

/**
 * Whether a variant's result is the same alone and in a batch. Graphs exported for one image may mix the images of a
 * batch: in positions ([1, n·boxes, C]), in attention over all tokens, or in quantization ranges.
 */
async function keepsApart(pass: ForwardPass, run: RunVariants, one: Float32Array): Promise<boolean> {
  const both = new Float32Array(2 * one.length);
  both.set(one);
  both.set(
    one.map((value) => 0.5 * value + 0.1),
    one.length,
  );
  const alone = await outputOf(pass, run, one, 1);
  const batched = await outputOf(pass, run, both, 2);
  if (!alone || !batched) return false;
  let [off, size] = [0, 0];
  alone.data.forEach((value, i) => {
    off = Math.max(off, Math.abs(value - batched.data[i]));
    size = Math.max(size, Math.abs(value));
  });
  return off <= TOLERANCE * size;
}

/**
 * The explained output of several variants; undefined if the graph does not support that many, or returns another
 * shape.
 */
async function outputOf(
  pass: ForwardPass,
  run: RunVariants,
  data: Float32Array,
  count: number,
): Promise<FloatTensor | undefined> {
  try {
    const output = pass.network.real(await run(data, count), pass.plan.explained);
    const dims = dimsOf(pass);
    const [, ...one] = dims[0] === 1 ? dims : [1, ...dims];
    return `${output.dims}` === `${count === 1 ? dims : [count, ...one]}` ? output : undefined;
  } catch (error) {
    if (count > 1 && error instanceof CamError && error.code === 'RUNTIME') return undefined;
    throw error;
  }
}
