// A program for a page, without Node's types: it compiles, and that is all. Each line is a promise of the documents.
import {
  type CamError,
  type ClassScore,
  COLORMAPS,
  Explainer,
  type ExplainOptions,
  type Explanation,
  findMethods,
  type MethodId,
  METHODS,
  onScale,
  overlay,
  type Picture,
  readNpy,
  type TargetText,
  toJPEG,
  toPNG,
  writeNpy,
} from 'camwasm';
import { createHandler } from 'camwasm/server';

const explainer: Explainer = await Explainer.load('model.onnx', {
  threads: 2,
  labels: ['cat', 'dog'],
  preprocessing: { width: 224, height: 224 },
});
const best: readonly ClassScore[] = await explainer.predict(new Uint8Array(3));

const target: TargetText = 'class:0';
const options: ExplainOptions = { method: 'layercam', target };
const explanation: Explanation = await explainer.explain(document.createElement('img'), options);
await explainer.explain({ file: 'cat.png' });
await explainer.explain(new URL('https://page.test/cat.png'), { class: 'cat' });
await explainer.explain(new Blob([]), { class: 1 });
// @ts-expect-error an option that does not exist
await explainer.explain(new Blob([]), { methodd: 'gradcam' });
// @ts-expect-error not the id of a method
const wrong: MethodId = 'gradcamel';

const picture: Picture = await overlay(onScale(explanation, [0, 2]), { colormap: 'viridis', alpha: 0.4 });
const image: ImageData = new ImageData(picture.data, picture.width, picture.height);
const file = new Blob([await toPNG(picture), await toJPEG(explanation, { quality: 80 })]);

const numbers: Float32Array = explanation.heatmap.data;
const copy: Explanation = structuredClone(explanation);
const npy: Uint8Array = writeNpy([copy.heatmap.height, copy.heatmap.width], numbers);
const id: MethodId = 'gradcam';
const isAbort = (error: CamError): boolean => error.name === 'AbortError' && error.code === 'ABORTED';

const handler = createHandler({ models: { mine: () => Promise.resolve(explainer) } });
const response: Response = await handler.fetch(new Request('https://page.test/explain'));
await explainer.close();

export const used: readonly unknown[] = [
  ...[best, wrong, image, file, npy, isAbort, response],
  ...[METHODS[id].title, COLORMAPS, readNpy, findMethods],
];
