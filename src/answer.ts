import { CamError } from './errors.ts';
import type { InputGradientRequest, Reply, Request, ScoresRequest } from './methods/method.ts';
import { toVolume } from './network/layout.ts';
import type { GradientPlan } from './network/network.ts';
import { floatTensor, fromFloat, sizeOf, toFloat, type FloatTensor } from './runtime/tensor.ts';
import type { Scene } from './scene.ts';
import { scoreOf } from './targets/score.ts';
import type { Target } from './targets/target.ts';

const USUAL_BATCH = 16;

/** Answers what a method asks of the network on behalf of one target: the only place where that costs runs. */
export function answering(
  scene: Scene,
  method: string,
  target: Target,
): (request: Request) => Promise<Reply> {
  return (request) => {
    switch (request.ask) {
      case 'scores':
        return scores(scene, method, target, request);
      case 'input-gradient':
        return inputGradient(scene, method, target, request);
    }
  };
}

/**
 * Lets the event loop turn once, so that an abort that happened during a run is seen: runs resolve without a turn.
 * @throws CamError ABORTED when the caller's signal says so. */
export async function checkSignal(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  if (signal?.aborted) throw new CamError('ABORTED', 'Stopped on request.', { cause: signal.reason });
}

async function scores(scene: Scene, method: string, target: Target, { count, make }: ScoresRequest) {
  const { options, network, explained } = scene;
  const found = new Float32Array(count);
  const [declared] = network.model.graph.inputs[0].dims ?? [];
  let batch = typeof declared === 'number' ? declared : (options.batchSize ?? USUAL_BATCH);
  for (let from = 0; from < count;) {
    await checkSignal(options.signal);
    const to = Math.min(count, from + batch);
    const output = await batchOutput(scene, make(from, to), to - from);
    if (output === undefined) {
      if (batch === 1)
        throw new CamError('RUNTIME', `The model gave no output "${explained}" for a changed input.`);
      batch = 1; // the graph was exported for one image at a time, whatever its input says
      continue;
    }
    const size = output.data.length / (to - from);
    for (let i = 0; i < to - from; i++) {
      const one = floatTensor(
        network.facts.dims.get(explained)!,
        output.data.subarray(i * size, (i + 1) * size),
      );
      found[from + i] = scoreOf(target, one, scene.output, options.score ?? 'logit').score;
    }
    from = to;
    options.onProgress?.({ method, done: to, total: count });
  }
  return found;
}

/** The explained output of several inputs at once; undefined when the graph cannot take so many. */
async function batchOutput(
  scene: Scene,
  data: Float32Array,
  count: number,
): Promise<FloatTensor | undefined> {
  const { network, explained } = scene;
  try {
    const values = await network.forward(feed(scene, data, count), [explained]);
    const output = toFloat(values[explained]);
    return output.data.length === count * sizeOf(network.facts.dims.get(explained)!) ? output : undefined;
  } catch (error) {
    if (count > 1 && error instanceof CamError && error.code === 'RUNTIME') return undefined;
    throw error;
  }
}

async function inputGradient(scene: Scene, method: string, target: Target, request: InputGradientRequest) {
  const { network, explained, input, options, inputLayout, kernels } = scene;
  await checkSignal(options.signal);
  const plan: GradientPlan = { output: explained, wrt: [input], rectifier: 'plain' };
  const values = await network.forward(feed(scene, request.input, 1), [
    ...network.plan(plan).saved,
    explained,
  ]);
  const { seed } = scoreOf(target, toFloat(values[explained]), scene.output, options.score ?? 'logit');
  const gradients = await network.backward(plan, seed, values);
  const [done, total] = request.step;
  options.onProgress?.({ method, done: done + 1, total });
  return toVolume(gradients.get(input)!, inputLayout!, kernels);
}

/** Inputs [n, C, H, W], in the layout and type that the model takes. */
function feed({ network, input, inputLayout, kernels, prepared }: Scene, data: Float32Array, count: number) {
  const size = data.length / count;
  let laid = data;
  if (inputLayout?.kind === 'nhwc') {
    laid = new Float32Array(data.length);
    for (let at = 0; at < data.length; at += size) {
      laid.set(
        kernels.transpose(data.subarray(at, at + size), inputLayout.channels, size / inputLayout.channels),
        at,
      );
    }
  }
  const dims = [count, ...prepared.tensor.dims.slice(1)];
  return { [input]: fromFloat(floatTensor(dims, laid), network.facts.types.get(input)!) };
}
