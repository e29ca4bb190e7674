import { Explainer } from 'camwasm';
import sample from '../golf-ball.jpg?url';

const [input, output, canvas] = ['input', 'output', 'canvas'].map((tag) => document.querySelector(tag));

const explainer = await Explainer.load();

async function show(picture) {
  const { prediction, explanations } = await explainer.explainAll(picture, { method: 'layercam' });
  const { data, width, height } = explanations[0].overlay();
  Object.assign(canvas, { width, height });
  canvas.getContext('2d').putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
  const { label, probability } = prediction[0];
  output.textContent = `${label}, ${(100 * probability).toFixed(1)} %`;
}

input.addEventListener('change', () =>
  show(input.files[0]).catch((error) => (output.textContent = error.message)),
);
await show(await (await fetch(sample)).blob());
