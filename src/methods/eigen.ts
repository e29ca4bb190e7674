import { CamError } from '../errors.ts';
import type { Kernels, Plane, Volume } from '../kernels/index.ts';
import { centred, firstComponent, firstEigenvector, negative, oriented } from './component.ts';
import type { LayerMethod, LayerView } from './method.ts';

/** Methods that show what varies most in a layer. */
export const EIGEN_METHODS: Readonly<Record<string, LayerMethod>> = {
  eigencam: {
    title: 'Eigen-CAM',
    paper: 'Muhammad & Yeasin 2020, arXiv:2008.00299',
    about: 'First principal component of the activations: what stands out, whatever the class.',
    when: 'For detectors and other models whose output is hard to aim at; it knows nothing of classes.',
    cost: 'none',
    level: 'layer',
    needs: ['activations'],
    map: ({ A, k }) => firstComponent(A, k, { centred: false }),
    compat: { 'pytorch-grad-cam': ({ A, k }) => firstComponent(A, k, { centred: true }) },
  },
  eigengradcam: {
    title: 'Eigen-Grad-CAM',
    paper: 'Gildenblat et al. 2021, pytorch-grad-cam',
    about: 'First principal component of activations times gradients: as Eigen-CAM, but of the class.',
    when: 'When Grad-CAM is noisy: it is smoother.',
    cost: '1 backward',
    level: 'layer',
    needs: ['activations', 'gradients'],
    map: ({ A, g, k }) => firstComponent(product(A, g), k, { centred: false }),
    compat: { 'pytorch-grad-cam': ({ A, g, k }) => firstComponent(product(A, g), k, { centred: true }) },
  },
  segeigencam: {
    title: 'Seg-Eigen-CAM',
    paper: 'Chung & Ying 2025, doi:10.3390/app15137562',
    about: 'First principal component of activations times the size of their gradients.',
    when: 'For semantic segmentation.',
    cost: '1 backward',
    level: 'layer',
    needs: ['activations', 'gradients'],
    map: ({ A, g, k }) => towardsLarger(firstComponent(product(A, magnitude(g)), k, { centred: true })),
  },
  kpcacam: {
    title: 'KPCA-CAM',
    paper: 'Karmani et al. 2024, arXiv:2410.00267',
    about: 'First principal component of the activations under a sigmoid kernel, which bends.',
    when: 'As Eigen-CAM, where the structure is not linear; on small layers, since every two positions are compared.',
    cost: 'none',
    level: 'layer',
    needs: ['activations'],
    map: kernelComponent,
  },
};

const product = (A: Volume, g: Volume): Volume => ({
  ...A,
  data: A.data.map((value, at) => value * g.data[at]),
});

const magnitude = (g: Volume): Volume => ({ ...g, data: g.data.map(Math.abs) });

/** Turned over where what is negative goes further. */
function towardsLarger(map: Plane): Plane {
  const low = map.data.reduce((a, b) => Math.min(a, b), 0);
  const high = map.data.reduce((a, b) => Math.max(a, b), 0);
  return -low > high ? negative(map) : map;
}

/** The kernel matrix holds every two positions. */
const MOST_POSITIONS = 1024;

/** Kernel PCA (Schölkopf et al. 1998) with tanh(x·x' / C + 1) on centred activations: √λ times the first eigenvector. */
function kernelComponent({ A, k }: LayerView): Plane {
  const { channels, height, width } = A;
  const n = height * width;
  if (n > MOST_POSITIONS) {
    throw new CamError(
      'BAD_OPTION',
      `KPCA-CAM compares every two of ${height} × ${width} positions, which is too much. Choose a layer of at most ${MOST_POSITIONS}, or eigencam.`,
    );
  }
  const similarity = k.gram(centred(A, k).data, channels, n).map((dot) => Math.tanh(dot / channels + 1));
  const { vector, value } = largest(doublyCentred(similarity, n), n, k);
  return oriented({ data: vector.map((v) => v * Math.sqrt(value)), height, width }, A, k);
}

/** The largest eigenvalue of a matrix that may have negative ones: shifted by a bound for them (Gershgorin) and back. */
function largest(matrix: Float32Array, n: number, k: Kernels) {
  const sums = Array.from({ length: n }, (_, i) =>
    matrix.subarray(i * n, (i + 1) * n).reduce((sum, value) => sum + Math.abs(value), 0),
  );
  const shift = Math.max(...sums);
  const shifted = matrix.map((value, at) => value + (at % (n + 1) === 0 ? shift : 0));
  const { vector, value } = firstEigenvector(shifted, n, k);
  return { vector, value: Math.max(value - shift, 0) };
}

/** Rows and columns less their means: the kernel of points whose mean is the origin. */
function doublyCentred(matrix: Float32Array, n: number): Float32Array {
  const means = Float64Array.from({ length: n }, (_, i) =>
    matrix.subarray(i * n, (i + 1) * n).reduce((sum, value) => sum + value / n, 0),
  );
  const mean = means.reduce((sum, value) => sum + value / n, 0);
  return matrix.map((value, at) => value - means[Math.floor(at / n)] - means[at % n] + mean);
}
