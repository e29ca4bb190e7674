// The package as a user gets it: packed, and installed in an empty folder with the spec and its material beside it.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FIXTURES } from './spec.js';

export const here: string = fileURLToPath(new URL('.', import.meta.url));
export const root: string = join(here, '../..');

export interface App {
  readonly folder: string;
  readonly tarball: string;
}

/** Runs a command to its end and gives what it printed; throws that when it fails or does not end in time. */
export function sh(
  command: string,
  args: readonly string[],
  { cwd = root, seconds = 1800, env }: { cwd?: string; seconds?: number; env?: NodeJS.ProcessEnv } = {},
): string {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: seconds * 1000, env });
  if (done.status === 0) return done.stdout;
  const how = done.error?.message ?? `exit ${done.status ?? done.signal}`;
  throw new Error(`${command} ${args.join(' ')}: ${how}\n${done.stdout}${done.stderr}`);
}

export const bin = (name: string): string => join(here, 'node_modules/.bin', name);

export type OtherNode = 'node-oldest' | 'node-newest';

/** Where another version of Node lies, on the platforms that it comes for. */
export const nodeOf = (which: OtherNode): string => join(here, 'node_modules', which, 'bin/node');

export function makeApp(): App {
  sh(process.execPath, ['scripts/prepare.mjs']);
  const folder = mkdtempSync(join(tmpdir(), 'camwasm-app-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const packed = JSON.parse(
    sh('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]),
  ) as [{ filename: string }];
  const tarball = join(folder, packed[0].filename);
  writeFileSync(join(folder, 'package.json'), '{ "name": "app", "private": true, "type": "module" }\n');
  sh('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', tarball], {
    cwd: folder,
  });
  copyFileSync(join(here, 'spec.js'), join(folder, 'spec.js'));
  cpSync(join(here, 'drivers'), folder, { recursive: true });
  cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true });
  mkdirSync(join(folder, 'out'));
  mkdirSync(join(folder, 'material/fixtures'), { recursive: true });
  copyFileSync(join(root, 'examples/golf-ball.jpg'), join(folder, 'material/golf-ball.jpg'));
  for (const name of FIXTURES as string[]) {
    const from = join(root, 'test/fixtures', name);
    const to = join(folder, 'material/fixtures', name);
    mkdirSync(to);
    for (const file of readdirSync(from)) copyFileSync(join(from, file), join(to, file));
  }
  sh(process.execPath, ['material.js'], { cwd: folder });
  return { folder, tarball };
}
