import { Explainer, overlay } from 'camwasm';
import sample from '../golf-ball.jpg?url';

const [input, output, canvas] = ['input', 'output', 'canvas'].map((tag) => document.querySelector(tag));

const explainer = await Explainer.load();

async function show(picture) {
  const explanation = await explainer.explain(picture, { method: 'layercam' });
  const { data, width, height } = await overlay(explanation);
  Object.assign(canvas, { width, height });
  canvas.getContext('2d').putImageData(new ImageData(data, width, height), 0, 0);
  const { label, probability } = explanation.prediction[0];
  output.textContent = `${label}, ${(100 * probability).toFixed(1)} %`;
}

input.addEventListener('change', () =>
  show(input.files[0]).catch((error) => (output.textContent = error.message)),
);
await show(await (await fetch(sample)).blob());
