import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Browser {
  /** Its commands, on one system or another. */
  readonly commands: readonly string[];
  /** Debian's package. */
  readonly debian: string;
  /** Arguments that open an address without a window; the profile is an empty folder. */
  readonly open: (url: string, profile: string) => readonly string[];
  /** How a line of the page's console looks in its output. */
  readonly console: RegExp;
}

const isRoot = process.getuid?.() === 0;

export type BrowserName = 'Chromium' | 'Firefox';

const BROWSERS: Readonly<Record<BrowserName, Browser>> = {
  Chromium: {
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    debian: 'chromium',
    open: (url, profile) => [
      ...['--headless', '--enable-logging=stderr', `--user-data-dir=${profile}`],
      ...['--disable-gpu', '--disable-quic', '--disable-sync', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update'],
      ...(isRoot ? ['--no-sandbox'] : []),
      url,
    ],
    console: /CONSOLE/,
  },
  Firefox: {
    commands: ['firefox-esr', 'firefox'],
    debian: 'firefox-esr',
    open: (url, profile) => {
      const lines = Object.entries(FIREFOX_SETTINGS).map(
        ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
      );
      writeFileSync(join(profile, 'user.js'), lines.join(''));
      return ['--headless', '--no-remote', '--profile', profile, url];
    },
    console: /^console\.|JavaScript error/,
  },
};

/** Silent, without traffic of its own, and with the page's console on standard output. */
const FIREFOX_SETTINGS = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'devtools.console.stdout.content': true,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};

/** Seconds that a page may take: it is some twenty where nothing else runs. */
const PATIENCE = 1800;

/** Opens an address in a browser while `work` runs. */
export async function withPage<Result>(
  name: BrowserName,
  url: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const kind = BROWSERS[name];
  const profile = mkdtempSync(join(tmpdir(), 'camwasm-browser-'));
  const browser = spawn(commandOf(name), kind.open(url, profile), {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, HOME: profile },
  });
  let log = '';
  for (const stream of [browser.stdout, browser.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-20000)));
  }
  const ended = new Promise<never>((_, reject) => {
    browser.once('error', reject);
    browser.once('exit', (code) => reject(new Error(`${name} ended with ${code}:\n${log}`)));
  });
  const said = () => log.split('\n').filter((line) => kind.console.test(line));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no result from ${url} in ${PATIENCE} s:\n${said().join('\n') || log}`)),
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

/** The command of a browser, which is installed where it is missing and that is allowed. */
function commandOf(name: BrowserName): string {
  const { commands, debian } = BROWSERS[name];
  const find = () => commands.find((command) => spawnSync(command, ['--version']).status === 0);
  const found = find() ?? (install(debian) ? find() : undefined);
  if (found !== undefined) return found;
  throw new Error(`There is no ${name} here, and it could not be installed: apt-get install ${debian}`);
}

function install(debian: string): boolean {
  console.log(`apt-get install ${debian}`);
  return ['update -qq', `install -y -qq ${debian}`].every(
    (line) => spawnSync('apt-get', line.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0,
  );
}
