import * as camwasm from 'camwasm';
import * as server from 'camwasm/server';
import { report, run } from '../page.js';

if (location.search.includes('worker')) {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  await report('worker', () => new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data))));
  worker.terminate();
} else {
  await report('bundled', () => run(camwasm, server));
}
