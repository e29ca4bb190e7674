import type { Asker } from './aim.ts';
import { checkSignal } from './checks.ts';
import { CamError } from '../errors.ts';
import type { ScoresRequest } from '../methods/request.ts';
import { headFeeds, inLayout } from '../network/head.ts';
import type { Layer } from '../network/layers.ts';
import type { Values } from '../network/network.ts';
import { floatTensor, toFloat, type FloatTensor } from '../runtime/tensor.ts';
import { variantFeeds, type Scene } from './scene.ts';

const USUAL_BATCH = 16;

/** The scores of many variants of the image, or of the layer's value, as many at once as the graph keeps apart. */
export async function scores(
  { aim, method, layer }: Asker,
  { of, count, make, score }: ScoresRequest,
): Promise<Float32Array> {
  const { scene } = aim;
  const { options, network, explained } = scene;
  const run = of === 'input' ? forInputs : behind(layer!);
  const found = new Float32Array(count);
  const [declared] = of === 'input' ? (scene.imageInput.dims ?? []) : [];
  let batch = typeof declared === 'number' ? declared : (options.batchSize ?? USUAL_BATCH);
  const apart = () =>
    network.once(['batches', of, layer?.name, explained], () => keepsApart(scene, run, make(0, 1)));
  if (batch > 1 && count > 1 && !(await apart())) batch = 1;
  for (let from = 0; from < count;) {
    checkSignal(options.signal);
    const to = Math.min(count, from + batch);
    const output = await outputOf(scene, run, make(from, to), to - from);
    if (output === undefined) {
      if (batch === 1)
        throw new CamError('RUNTIME', `The model gave no output "${explained}" for a changed input.`);
      batch = 1; // so many at once are too many
      continue;
    }
    const size = output.data.length / (to - from);
    for (let i = 0; i < to - from; i++) {
      const one = output.data.subarray(i * size, (i + 1) * size);
      found[from + i] = aim.score(floatTensor(network.facts.dims.get(explained)!, one), score).score;
    }
    from = to;
    options.onProgress?.({ method, done: to, total: count });
  }
  return found;
}

type Run = (scene: Scene, data: Float32Array, count: number) => Promise<Values>;

const forInputs: Run = (scene, data, count) =>
  scene.network.forward(variantFeeds(scene, data, count), [scene.explained]);

const behind =
  ({ name, layout }: Layer): Run =>
  (scene, data, count) => {
    const { network, explained, values, kernels } = scene;
    const laid = inLayout(data, layout, toFloat(values[name]).data, kernels);
    const tensor = floatTensor([count, ...network.facts.dims.get(name)!.slice(1)], laid);
    return network.runHead(name, explained, headFeeds(network, name, explained, tensor, values));
  };

/** Largest difference between a variant's output alone and beside another one, of its largest magnitude. */
const ALIKE = 1e-3;

/**
 * Does a variant give the same beside another one as alone? Graphs that were exported for one image count positions
 * where several images have theirs ([1, n·boxes, C]), attend to the tokens of all, or scale what is quantised by all.
 */
async function keepsApart(scene: Scene, run: Run, one: Float32Array): Promise<boolean> {
  const both = new Float32Array(2 * one.length);
  both.set(one);
  both.set(
    one.map((value) => 0.5 * value + 0.1),
    one.length,
  );
  const alone = await outputOf(scene, run, one, 1);
  const beside = await outputOf(scene, run, both, 2);
  if (!alone || !beside) return false;
  let [off, size] = [0, 0];
  alone.data.forEach((value, i) => {
    off = Math.max(off, Math.abs(value - beside.data[i]));
    size = Math.max(size, Math.abs(value));
  });
  return off <= ALIKE * size;
}

/**
 * The explained output of several variants at once, one after the other; undefined when the graph cannot take so many,
 * or lays them out another way.
 */
async function outputOf(
  scene: Scene,
  run: Run,
  data: Float32Array,
  count: number,
): Promise<FloatTensor | undefined> {
  const { network, explained } = scene;
  try {
    const output = toFloat((await run(scene, data, count))[explained]);
    const dims = network.facts.dims.get(explained)!;
    const [, ...one] = dims[0] === 1 ? dims : [1, ...dims];
    return `${output.dims}` === `${count === 1 ? dims : [count, ...one]}` ? output : undefined;
  } catch (error) {
    if (count > 1 && error instanceof CamError && error.code === 'RUNTIME') return undefined;
    throw error;
  }
}
