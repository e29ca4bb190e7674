import { report, run } from '../page.js';

await report('bundled', run);
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
await report('worker', () => new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data))));
worker.terminate();
