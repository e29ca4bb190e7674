import { badOption } from '../errors.ts';
import { extentOf, type Kernels, type Plane, positionsOf, type Volume } from '../kernels/index.ts';
import { maximum, minimum, product } from './arrays.ts';
import { centered, firstComponent, firstEigenvector, negative, oriented } from './component.ts';
import { type LayerMethod, layerMethod, type LayerView } from './method.ts';

/** Methods that show a layer's main variation: principal components. */
export const EIGEN_METHODS: Readonly<
  Record<'eigencam' | 'eigengradcam' | 'segeigencam' | 'kpcacam', LayerMethod>
> = {
  eigencam: layerMethod({
    title: 'Eigen-CAM',
    paper: 'Muhammad & Yeasin 2020, arXiv:2008.00299',
    about: 'First principal component of the activations: what stands out, regardless of the class.',
    when: 'For detectors and other models whose output is hard to target; independent of the class.',
    needs: ['activations'],
    map: ({ A, k }) => firstComponent(A, k, { centered: false }),
    compat: { 'pytorch-grad-cam': ({ A, k }) => firstComponent(A, k, { centered: true }) },
  }),
  eigengradcam: layerMethod({
    title: 'Eigen-Grad-CAM',
    paper: 'Gildenblat et al. 2021, pytorch-grad-cam',
    about: 'First principal component of activations times gradients: like Eigen-CAM, but for the class.',
    when: 'When Grad-CAM is noisy; smoother.',
    needs: ['activations', 'gradients'],
    map: ({ A, g, k }) => firstComponent(product(A, g), k, { centered: false }),
    compat: { 'pytorch-grad-cam': ({ A, g, k }) => firstComponent(product(A, g), k, { centered: true }) },
  }),
  segeigencam: layerMethod({
    title: 'Seg-Eigen-CAM',
    paper: 'Chung & Ying 2025, doi:10.3390/app15137562',
    about: 'First principal component of activations times the magnitude of their gradients.',
    when: 'For semantic segmentation.',
    needs: ['activations', 'gradients'],
    map: ({ A, g, k }) => towardsLarger(firstComponent(product(A, magnitude(g)), k, { centered: true })),
  }),
  kpcacam: layerMethod({
    title: 'KPCA-CAM',
    paper: 'Karmani et al. 2024, arXiv:2410.00267',
    about: 'First principal component of the activations under a nonlinear (sigmoid) kernel.',
    when: 'Like Eigen-CAM, for nonlinear structure; on small layers, since it compares all pairs of positions.',
    needs: ['activations'],
    map: kernelComponent,
  }),
};

const magnitude = (g: Volume): Volume => ({ ...g, data: g.data.map(Math.abs) });

/** Negates the map if its negative values have the larger magnitude. */
function towardsLarger(map: Plane): Plane {
  const [low, high] = [Math.min(0, minimum(map.data)), Math.max(0, maximum(map.data))];
  return -low > high ? negative(map) : map;
}

/** Limit on positions: the kernel matrix has a row and a column for each. */
const MAX_POSITIONS = 1024;

/**
 * Kernel PCA (Schölkopf et al. 1998) with tanh(x·x' / C + 1) on centered activations: √λ times the first eigenvector.
 */
function kernelComponent({ A, k }: LayerView<'activations'>): Plane {
  const { channels } = A;
  const n = positionsOf(A);
  if (n > MAX_POSITIONS) {
    throw badOption(
      'layer',
      `KPCA-CAM compares all pairs of positions, and ${Object.values(extentOf(A)).join(' × ')} are too many. Choose a \`layer\` with at most ${MAX_POSITIONS} positions, or eigencam.`,
    );
  }
  const similarity = k.gram(centered(A, k).data, channels, n).map((dot) => Math.tanh(dot / channels + 1));
  const { vector, value } = largest(doublyCentered(similarity, n), n, k);
  return oriented({ ...extentOf(A), data: vector.map((v) => v * Math.sqrt(value)) }, A, k);
}

/** The largest eigenvalue of a matrix that may have negative ones: shifted by Gershgorin's bound, and back. */
function largest(matrix: Float32Array, n: number, k: Kernels) {
  const sums = Array.from({ length: n }, (_, i) =>
    matrix.subarray(i * n, (i + 1) * n).reduce((sum, value) => sum + Math.abs(value), 0),
  );
  const shift = Math.max(...sums);
  const shifted = matrix.map((value, at) => value + (at % (n + 1) === 0 ? shift : 0));
  const { vector, value } = firstEigenvector(shifted, n, k);
  return { vector, value: Math.max(value - shift, 0) };
}

/** Subtracts the means of rows and columns: the kernel of centered points. */
function doublyCentered(matrix: Float32Array, n: number): Float32Array {
  const means = Float64Array.from({ length: n }, (_, i) =>
    matrix.subarray(i * n, (i + 1) * n).reduce((sum, value) => sum + value / n, 0),
  );
  const mean = means.reduce((sum, value) => sum + value / n, 0);
  return matrix.map((value, at) => value - means[Math.floor(at / n)] - means[at % n] + mean);
}
