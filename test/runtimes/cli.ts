import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, bin, nodeOf, sh } from './app.ts';

/** How each runtime starts the installed command; Deno with nothing but the permission to read and to write. */
const STARTS: Readonly<Record<string, (out: string) => readonly [string, ...string[]]>> = {
  Node: () => ['node_modules/.bin/camwasm'],
  ...(existsSync(nodeOf('node-newest')) && {
    'Node-newest': () => [nodeOf('node-newest'), 'node_modules/.bin/camwasm'],
  }),
  Deno: (out) => [
    ...([bin('deno'), 'run', '--no-prompt', '--no-lock', '--node-modules-dir=manual'] as const),
    ...['--allow-read=.', `--allow-write=${out}`, 'npm:camwasm'],
  ],
  Bun: () => [bin('bun'), '--bun', 'node_modules/.bin/camwasm'],
};

const JOBS: Readonly<Record<string, readonly string[]>> = {
  'a JPEG': ['material/golf-ball.jpg', '-m', 'layercam'],
  'a PNG': ['material/small.png', '-m', 'layercam'],
  'a WebP': ['material/golf-ball.webp', '-m', 'gradcam'],
};

/** The command writes the same bytes everywhere, ends by itself and says what the image shows. */
export function commandLine({ folder }: App): Promise<void> {
  for (const [job, args] of Object.entries(JOBS)) {
    const written = Object.entries(STARTS).map(([runtime, start]) => {
      const out = join('out', runtime);
      const [command, ...before] = start(out);
      const said = sh(command, [...before, ...args, '--threads', '2', '-f', 'npy', '-o', `${out}/`], {
        cwd: folder,
        seconds: 600,
        env: { ...process.env, NO_COLOR: '1' },
      });
      if (!said.includes('golf ball')) throw new Error(`${runtime} says of ${job}: ${said}`);
      const [, path] = /→ (\S+)/.exec(said) ?? [];
      return readFileSync(join(folder, path));
    });
    if (!written.every((bytes) => bytes.equals(written[0]))) throw new Error(`${job}: not the same bytes`);
    console.log(`  ${job}: the same on ${Object.keys(STARTS).join(', ')}`);
  }
  return Promise.resolve();
}
