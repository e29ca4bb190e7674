import { extentOf, type MaskOptions, type Plane, positionsOf, type Volume } from '../kernels/index.ts';
import { indices, maximum, minimum, mostVarying } from './arrays.ts';
import type { Steps } from './ask.ts';
import { type LayerMethod, layerMethod, type LayerView } from './method.ts';

type MaskView = LayerView<'activations', 'scores'>;
type GroupView = LayerView<'activations' | 'gradients', 'scores'>;

/** Methods that run the image again under masks made from the activations. */
export const MASK_METHODS: Readonly<Record<'scorecam' | 'sscam' | 'iscam' | 'groupcam', LayerMethod>> = {
  scorecam: layerMethod({
    title: 'Score-CAM',
    paper: 'Wang et al. 2020, arXiv:1910.01279',
    about: 'Channels weighted by the score of the image masked with each; needs no gradient.',
    when: 'When gradients are missing or noisy. `channels` keeps the channels that vary most (Faster Score-CAM).',
    needs: ['activations'],
    asks: { scores: 'C' },
    map: (view) => scoreCam(view, varying(view)),
    compat: {
      'pytorch-grad-cam': (view) => scoreCam(view, allChannels(view), { alignCorners: true, epsilon: 1e-8 }),
      'torch-cam': (view) => scoreCam(view, allChannels(view), NORMALIZED_FIRST),
    },
  }),
  sscam: layerMethod({
    title: 'SS-CAM',
    paper: 'Wang et al. 2020, arXiv:2006.14255',
    about: 'Score-CAM with scores averaged over noisy masks.',
    when: 'When Score-CAM is patchy. Slow: use few `channels` or `samples`.',
    needs: ['activations'],
    asks: { scores: 'N × C' },
    samples: 35,
    map: (view) => smoothScoreCam(view, varying(view)),
    compat: { 'torch-cam': (view) => smoothScoreCam(view, allChannels(view), NORMALIZED_FIRST) },
  }),
  iscam: layerMethod({
    title: 'IS-CAM',
    paper: 'Naidu et al. 2020, arXiv:2010.03023',
    about: 'Score-CAM with scores averaged while each mask fades in.',
    when: 'Like SS-CAM, deterministic and cheaper.',
    needs: ['activations'],
    asks: { scores: 'N × C' },
    samples: 10,
    map: (view) => integratedScoreCam(view, varying(view), (step) => step / view.samples),
    compat: {
      // Its code multiplies the mask in place by the running sum of the coefficients: 0.1, 0.3, 0.6, ... 5.5.
      'torch-cam': (view) =>
        integratedScoreCam(
          view,
          allChannels(view),
          (step) => (step * (step + 1)) / (2 * view.samples),
          NORMALIZED_FIRST,
        ),
    },
  }),
  groupcam: layerMethod({
    title: 'Group-CAM',
    paper: 'Zhang et al. 2021, arXiv:2103.13859',
    about: 'Groups of channels, each weighted by what its region adds to a blurred image.',
    when: 'Instead of Score-CAM: similar quality, far faster.',
    needs: ['activations', 'gradients'],
    asks: { scores: 'N + 1' },
    samples: 32,
    map: groupCam,
  }),
};

/** torch-cam's order: min-max at feature resolution, then upsampling. */
const NORMALIZED_FIRST: MaskOptions = { order: 'normalize-resize', epsilon: 1e-8 };

/**
 * w = softmax over channels of the masked inputs' scores (eq. 7 with eq. 5; the baseline's score is the same for every
 * channel and cancels). Omitted channels have weight 0.
 */
function* scoreCam(
  { A, input, k, scores }: MaskView,
  channels: number[],
  options?: MaskOptions,
): Steps<Plane> {
  const found = yield* scores(channels.length, (from, to) =>
    k.maskInputs(input, A, channels.slice(from, to), options),
  );
  return k.weightedSum(A, softmaxOver(channels, found, A));
}

/** Standard deviation of the noise on masks in [0, 1]: 2 in the paper's figures and torch-cam. */
const NOISE = 2;

/** Score-CAM with the mean score of (mask + noise) · input. */
function* smoothScoreCam(view: MaskView, channels: number[], options?: MaskOptions): Steps<Plane> {
  const { A, input, k, samples, scores } = view;
  const size = positionsOf(input);
  const found = yield* scores(channels.length * samples, (from, to) => {
    const picked = Array.from({ length: to - from }, (_, i) => channels[Math.floor((from + i) / samples)]);
    const masked = k.maskInputs(input, A, picked, options);
    for (let n = 0; n < picked.length; n++) {
      const { normal } = view.random(from + n);
      const noise = Float32Array.from({ length: size }, () => NOISE * normal());
      const start = n * input.data.length;
      for (let at = 0; at < input.data.length; at++) masked[start + at] += noise[at % size] * input.data[at];
    }
    return masked;
  });
  return k.weightedSum(A, softmaxOver(channels, meansOf(found, samples), A));
}

/** Score-CAM with the mean score of coefficient(i) · mask · input for i = 1..N. */
function* integratedScoreCam(
  { A, input, k, samples, scores }: MaskView,
  channels: number[],
  coefficient: (step: number) => number,
  options?: MaskOptions,
): Steps<Plane> {
  const length = input.data.length;
  const found = yield* scores(channels.length * samples, (from, to) => {
    const picked = Array.from({ length: to - from }, (_, i) => channels[Math.floor((from + i) / samples)]);
    return k
      .maskInputs(input, A, picked, options)
      .map((value, at) => value * coefficient(((from + Math.floor(at / length)) % samples) + 1));
  });
  return k.weightedSum(A, softmaxOver(channels, meansOf(found, samples), A));
}

/** Share of a group's map treated as noise. */
const NOISE_SHARE = 0.7;

/**
 * M_l = ReLU(Σ over group l of w_k A_k) with Grad-CAM's w_k, its lower 70 % set to zero, upsampled and min-maxed. The
 * map is Σ_l (F(M_l · I + (1 − M_l) · blur(I)) − F(blur(I))) M_l, where F is the class probability (the authors' code).
 */
function* groupCam(view: GroupView): Steps<Plane> {
  const { A, g, input, k, scores } = view;
  const masks = groupMasks(A, k.spatialMean(g), view);
  const blurry = view.baseline('blur');
  const size = positionsOf(input);
  const found = yield* scores(
    masks.length + 1,
    (from, to) => {
      const batch = new Float32Array((to - from) * blurry.length);
      for (let n = from; n < to; n++) {
        const mask = masks.at(n)?.large;
        for (let at = 0; at < blurry.length; at++) {
          const share = mask ? mask[at % size] : 0;
          batch[(n - from) * blurry.length + at] = share * input.data[at] + (1 - share) * blurry[at];
        }
      }
      return batch;
    },
    'probability',
  );
  const nothing = found[masks.length];
  const data = new Float32Array(positionsOf(A));
  masks.forEach(({ small }, l) => small.forEach((value, at) => (data[at] += (found[l] - nothing) * value)));
  return { ...extentOf(A), data };
}

/** Masks in [0, 1] of every nonempty group, at the resolution of the layer and of the input. */
function groupMasks(A: Volume, weights: Float32Array, { input, k, samples }: GroupView) {
  const positions = positionsOf(A);
  const width = Math.ceil(A.channels / samples);
  const masks: { small: Float32Array; large: Float32Array }[] = [];
  for (let first = 0; first < A.channels; first += width) {
    const group = weights.map((w, channel) => (channel >= first && channel < first + width ? w : 0));
    const map = k.weightedSum(A, group);
    const ordered = map.data.map((v) => Math.max(v, 0)).sort();
    const threshold = percentile(ordered, NOISE_SHARE);
    const small = map.data.map((v) => (v > Math.max(threshold, 0) ? v : 0));
    if (ordered[positions - 1] === 0 || small.every((v) => v === small[0])) continue;
    const large = k.resample({ ...map, data: small }, extentOf(input));
    const [low, high] = [minimum(large.data), maximum(large.data)];
    const toUnit = (v: number) => (v - low) / (high - low); // linear, so it commutes with upsampling
    masks.push({ small: small.map(toUnit), large: large.data.map(toUnit) });
  }
  return masks;
}

/** Linear interpolation between the two nearest sorted values. */
function percentile(sorted: Float32Array, share: number): number {
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  return sorted[low] + (place - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}

/** Means of consecutive runs of `count` numbers. */
const meansOf = (values: Float32Array, count: number): Float32Array =>
  Float32Array.from({ length: values.length / count }, (_, i) =>
    values.subarray(i * count, (i + 1) * count).reduce((sum, value) => sum + value / count, 0),
  );

/** Softmax of the scores, assigned to their channels; other channels are 0. */
function softmaxOver(channels: readonly number[], found: Float32Array, A: Volume): Float32Array {
  const top = maximum(found);
  const powers = found.map((score) => Math.exp(score - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  const weights = new Float32Array(A.channels);
  channels.forEach((channel, i) => (weights[channel] = powers[i] / sum));
  return weights;
}

const allChannels = (view: MaskView): number[] => mostVarying(view, indices(view.A.channels));

/** Channels that vary over space; a constant channel is not a mask. */
function varying(view: MaskView): number[] {
  const { A, warn } = view;
  const positions = positionsOf(A);
  const found = indices(A.channels).filter((channel) => {
    const plane = A.data.subarray(channel * positions, (channel + 1) * positions);
    return plane.some((value) => value !== plane[0]);
  });
  if (found.length === 0) warn('Every channel of this layer is constant over space, so there are no masks.');
  return mostVarying(view, found);
}
