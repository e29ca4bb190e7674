import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Seconds that a page may take: it is some twenty where nothing else runs. */
const PATIENCE = 300;

/** Opens an address in headless Chromium while `work` runs. */
export async function withPage<Result>(url: string, work: () => Promise<Result>): Promise<Result> {
  const profile = mkdtempSync(join(tmpdir(), 'camwasm-chromium-'));
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = spawn(
    chromium(),
    ['--headless', ...sandbox, ...QUIET, '--enable-logging=stderr', `--user-data-dir=${profile}`, url],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  let log = '';
  browser.stderr.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-20000)));
  const ended = new Promise<never>((_, reject) => {
    browser.once('error', reject);
    browser.once('exit', (code) => reject(new Error(`Chromium ended with ${code}:\n${log}`)));
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no result from ${url} in ${PATIENCE} s:\n${consoleOf(log)}`)),
      PATIENCE * 1e3,
    );
  });
  try {
    return await Promise.race([work(), ended, late]);
  } finally {
    clearTimeout(timer);
    browser.removeAllListeners('exit');
    const gone = new Promise((resolve) => browser.once('exit', resolve));
    try {
      process.kill(-browser.pid!, 'SIGKILL'); // with the processes that it started
      await gone;
    } catch {
      // it has ended by itself
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

const consoleOf = (log: string): string =>
  log
    .split('\n')
    .filter((line) => line.includes('CONSOLE'))
    .join('\n') || log;

/** Debian's Chromium; installed when it is missing and that is allowed. */
function chromium(): string {
  const found = () =>
    ['chromium', 'chromium-browser', 'google-chrome'].find(
      (name) => spawnSync(name, ['--version']).status === 0,
    );
  const name = found() ?? (install() && found());
  if (name) return name;
  throw new Error('There is no Chromium here, and it could not be installed: apt-get install chromium');
}

function install(): boolean {
  console.log('Chromium is missing: apt-get install chromium');
  return ['update -qq', 'install -y -qq chromium'].every(
    (line) => spawnSync('apt-get', line.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0,
  );
}
