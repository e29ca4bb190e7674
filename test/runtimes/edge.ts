import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from './app.ts';
import { startWorker } from './workerd.js';

/** What a Worker may take, on every plan of Cloudflare's. */
const LIMIT = 128e6;

const METHODS = ['gradcam', 'layercam', 'ablationcam'];

/** What explaining one photo takes of a Worker's memory, each method in a fresh one. */
export async function edge({ folder }: App): Promise<void> {
  const body = readFileSync(join(folder, 'material/golf-ball.jpg'));
  for (const method of METHODS) {
    const worker = await startWorker(folder, 'memory.js');
    try {
      const response = await worker.fetch(`http://camwasm.test/explain?method=${method}`, {
        method: 'POST',
        body,
      });
      if (response.status !== 200) throw new Error(`${method}: ${await response.text()}`);
      await response.arrayBuffer();
      const script = await worker.heap();
      const wasm = (await (await worker.fetch('http://camwasm.test/memory')).json()) as number;
      const megabytes = [wasm, script, wasm + script].map((bytes) => (bytes / 1e6).toFixed(0));
      console.log(
        `  ${method.padEnd(18)}wasm ${megabytes[0]} MB, JavaScript ${megabytes[1]} MB, ${megabytes[2]} MB together`,
      );
      if (wasm + script > LIMIT) throw new Error(`${method} takes more than ${LIMIT / 1e6} MB`);
    } finally {
      await worker.close();
    }
  }
}
