import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import type { MethodId } from '../../src/index.ts';
import * as assert from '../helpers/assert.ts';
import { fixture, fixtureNames } from '../helpers/fixtures.ts';

/** For each method: the spec, and the start of the test that holds its map against values from elsewhere. */
const ORACLES: Readonly<Record<MethodId, readonly [spec: string, test: string]>> = {
  gradcam: ['gradient', 'CAM is Σ w A; Grad-CAM, HiResCAM and XGrad-CAM'],
  hirescam: ['gradient', 'CAM is Σ w A; Grad-CAM, HiResCAM and XGrad-CAM'],
  gradcamelementwise: ['gradient', 'element by element'],
  gradcampp: ['gradient', 'Grad-CAM++ weighs by'],
  xgradcam: ['gradient', 'CAM is Σ w A; Grad-CAM, HiResCAM and XGrad-CAM'],
  layercam: ['gradient', 'LayerCAM takes positive gradients only'],
  smoothgradcampp: ['gradient', 'Smooth Grad-CAM++: α = D2'],
  shapleycam: ['gradient', 'ShapleyCAM adds'],
  finercam: ['gradient', 'Finer-CAM explains'],
  refinecam: ['gradient', 'RefineCAM multiplies'],
  cam: ['gradient', 'CAM is Σ w A; Grad-CAM, HiResCAM and XGrad-CAM'],
  fem: ['activation', 'FEM weighs a channel'],
  randomcam: ['activation', 'Random CAM draws'],
  eigencam: ['activation', 'Eigen-CAM of'],
  eigengradcam: ['activation', 'Eigen-Grad-CAM of'],
  segeigencam: ['activation', 'Seg-Eigen-CAM takes'],
  kpcacam: ['activation', 'KPCA-CAM of'],
  dff: ['activation', 'deep feature factorization finds'],
  scorecam: ['perturbation', 'Score-CAM weighs'],
  sscam: ['perturbation', 'SS-CAM averages'],
  iscam: ['perturbation', 'IS-CAM fades'],
  groupcam: ['perturbation', 'Group-CAM weighs'],
  ablationcam: ['perturbation', 'Ablation-CAM weighs'],
  legrad: ['transformer', 'LeGrad of one layer'],
  rollout: ['transformer', 'rollout multiplies'],
  saliency: ['input', 'a saliency map is'],
  'input-x-gradient': ['input', 'input × gradient multiplies'],
  deconvnet: ['input', 'at a ReLU, deconvnet passes'],
  'guided-backprop': ['input', 'at a ReLU, deconvnet passes'],
  'guided-gradcam': ['input', 'guided Grad-CAM takes'],
  smoothgrad: ['input', 'SmoothGrad, SquareGrad and VarGrad are'],
  squaregrad: ['input', 'SmoothGrad, SquareGrad and VarGrad are'],
  vargrad: ['input', 'SmoothGrad, SquareGrad and VarGrad are'],
  'integrated-gradients': ['input', 'integrated gradients of a quadratic'],
  fullgrad: ['input', 'FullGrad adds the magnitudes'],
  occlusion: ['perturbation', 'occlusion averages'],
  rise: ['perturbation', 'RISE is the mean'],
  'class-visualization': ['input', 'ascent from zero'],
};

const test = suite('every method has an oracle');

for (const [id, [spec, title]] of Object.entries(ORACLES)) {
  test(id, () => {
    const source = readFileSync(new URL(`${spec}.test.ts`, import.meta.url), 'utf8');
    const titles = [...source.matchAll(/^ *test\((['`])(.*?)\1,/gm)].map(([, , text]) => text);
    assert.ok(
      titles.some((text) => text.startsWith(title)),
      `${spec}.test.ts has no test "${title}…"`,
    );
  });
}

test('and many are compared with pytorch-grad-cam on whole networks', () => {
  const compared = new Set(fixtureNames().flatMap((name) => fixture(name).methods));
  for (const id of ['gradcam', 'hirescam', 'layercam', 'eigencam', 'scorecam']) assert.ok(compared.has(id));
});

test.run();
