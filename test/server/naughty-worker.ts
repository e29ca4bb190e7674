import { answerTasks } from '../../src/platform/worker.ts';
import { plainError } from '../../src/server/problem.ts';
import type { WorkerTask } from '../../src/server/worker-models.ts';

// Runs no model: it spins on the image "spin", crashes on "crash", and says how many images it has seen.
let seen = 0;
answerTasks(
  () => (task: WorkerTask) => {
    if ('load' in task) return Promise.resolve({ result: { warnings: [] }, transfer: [] });
    const image = new TextDecoder().decode(task.explain.body);
    while (image === 'spin');
    if (image === 'crash') process.exit(7);
    return Promise.resolve({ result: { type: 'text/plain', body: String(++seen) }, transfer: [] });
  },
  plainError,
);
