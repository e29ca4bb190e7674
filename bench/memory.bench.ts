// How much memory an explanation takes: the peak of a process of its own that runs a ResNet-50 alone, and explains it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Explainer } from '../src/index.ts';
import { createSession } from '../src/runtime/session.ts';
import { floatTensor } from '../src/runtime/tensor.ts';
import { resnet50 } from './resnet50.ts';

const WORK: Readonly<Record<string, (file: string) => Promise<void>>> = {
  'nothing but the runtime': async () => {
    const session = await createSession(
      readFileSync(new URL('../test/fixtures/gap/model.onnx', import.meta.url)),
    );
    await session.release();
  },
  'onnxruntime-web': async (file) => {
    const session = await createSession(readFileSync(file));
    await session.run({ x: image() }, ['scores']);
  },
  'gradcam, last layer': (file) => explain(file, 'gradcam'),
  'saliency, down to the input': (file) => explain(file, 'saliency'),
};

const image = () =>
  floatTensor(
    [1, 3, 224, 224],
    Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => Math.sin(i)),
  );

async function explain(file: string, method: string): Promise<void> {
  const explainer = await Explainer.load(file);
  await explainer.explain(image(), { method, target: 0 });
}

const [, , work, file] = process.argv;
if (work in WORK && file) {
  await WORK[work](file);
  console.log(process.resourceUsage().maxRSS);
} else {
  const folder = mkdtempSync(join(tmpdir(), 'camwasm-'));
  const place = join(folder, 'resnet50.onnx');
  try {
    const model = resnet50();
    writeFileSync(place, model);
    const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`.padStart(10);
    console.log(`the model's file${mib(model.length).padStart(28)}`);
    for (const name of Object.keys(WORK)) {
      const child = [...process.execArgv, fileURLToPath(import.meta.url), name, place];
      const peak = Number(execFileSync(process.execPath, child, { encoding: 'utf8' })) * 1024;
      console.log(`${name.padEnd(34)}${mib(peak)}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
