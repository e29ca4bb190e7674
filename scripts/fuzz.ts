// Hostile models, pictures, tensors, settings, arguments and requests, by number:
//   npm run fuzz -- [--cases 500 | --seconds 60] [--seed 1] [--case 17]
// Each ends in a result or a typed error in bounded time and memory, after which a good picture is explained as before.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import type { Answer, Asked } from './fuzz/worker.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '500' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    case: { type: 'string' },
  },
});
const seed = Number(values.seed);
const first = Number(values.case ?? 0);
const last = values.case === undefined ? (values.seconds ? Infinity : Number(values.cases)) : first + 1;
const until = Date.now() + 1000 * Number(values.seconds ?? Infinity);

/** Wall time after which a case hangs: more than its bound, for a busy machine. */
const PATIENCE = 120e3;

async function startWorker(): Promise<ChildProcess> {
  const worker = fork(new URL('fuzz/worker.ts', import.meta.url), {
    execArgv: ['--expose-gc', '--import', 'tsx'],
  });
  await once(worker, 'message');
  return worker;
}

/** The worker's answer, or what became of the worker. */
function answerOf(worker: ChildProcess, asked: Asked): Promise<Answer | string> {
  return new Promise((resolve) => {
    const settle = (answer: Answer | string) => {
      clearTimeout(timer);
      worker.removeAllListeners();
      resolve(answer);
    };
    const timer = setTimeout(() => settle(`it hangs for ${PATIENCE / 1000} s`), PATIENCE);
    worker.once('message', (answer) => settle(answer as Answer));
    worker.once('exit', (code, signal) => settle(`it ends the process with ${signal ?? code}`));
    worker.send(asked);
  });
}

const counts = new Map<string, number>();
let [done, failures] = [0, 0];
let worker = await startWorker();
for (let number = first; number < last && Date.now() < until; number++) {
  const answer = await answerOf(worker, { seed, case: number });
  const { kind, outcome, failure } =
    typeof answer === 'string' ? { kind: '?', outcome: 'lost', failure: answer } : answer;
  done++;
  counts.set(`${kind}: ${outcome}`, (counts.get(`${kind}: ${outcome}`) ?? 0) + 1);
  if (failure === undefined) continue;
  failures++;
  console.log(`case ${number} (${kind}): ${failure}\n  npm run fuzz -- --seed ${seed} --case ${number}`);
  worker.kill('SIGKILL');
  worker = await startWorker();
}
worker.kill();
for (const [what, count] of [...counts].sort()) console.log(`${String(count).padStart(6)}  ${what}`);
console.log(`${done} cases, ${failures} failures`);
process.exitCode = failures > 0 ? 1 : 0;
