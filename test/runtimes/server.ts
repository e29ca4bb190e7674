import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { App } from './app.ts';

/** A program that listens and says where. */
export interface Server {
  readonly url: string;
  /** Resident memory in MB, where the system tells. */
  readonly memory: () => number;
  /** Interrupts it, and gives its exit code. */
  readonly stop: () => Promise<number | null>;
}

/** Starts a server in the app's folder and waits for the address that it prints. */
export function startServer(
  { folder }: App,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const child = spawn(command, args, { cwd: folder, env: { ...process.env, ...env, NO_COLOR: '1' } });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (chunk: Buffer) => {
      said += chunk.toString();
      const found = /http:\/\/[\w.:[\]]+:(\d+)/.exec(said);
      if (!found) return;
      resolve({
        url: `http://127.0.0.1:${found[1]}`,
        memory: () => memoryOf(child.pid!),
        stop: () => {
          child.kill('SIGINT');
          const hard = setTimeout(() => child.kill('SIGKILL'), 300e3);
          return ended.finally(() => clearTimeout(hard));
        },
      });
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', reject);
    void ended.then((code) => reject(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${said}`)));
  });
}

const memoryOf = (pid: number): number =>
  Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
