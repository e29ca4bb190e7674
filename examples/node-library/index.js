// node index.js photo.jpg: writes photo.jpg.cam.png and prints the explained class.
import { writeFile } from 'node:fs/promises';
import { Explainer, toPNG } from 'camwasm';

const [image] = process.argv.slice(2);
const explainer = await Explainer.load(); // or a path: Explainer.load('resnet50.onnx', { labels: 'imagenet.txt' })
try {
  const explanation = await explainer.explain(image, { method: 'layercam' });
  const { label, probability } = explanation.target;
  console.log(`${label}, ${(100 * probability).toFixed(1)} %`);
  await writeFile(`${image}.cam.png`, await toPNG(explanation, { colormap: 'viridis' }));
} finally {
  await explainer.close();
}
