import { copyFileSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng } from '../../src/image/png.ts';
import { type App, bin, here, root, sh } from './app.ts';
import { withPage } from './browser.ts';
import { startServer } from './server.ts';
import type { Site } from './site.ts';
import { startWorker } from './workerd.js';

interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array;
}

type Fetch = (path: string, init?: Ask) => Promise<Response>;

type Example = (app: App, site: Site) => Promise<void>;

/** Each folder of examples/, with what shows that it works. */
const EXAMPLES: Readonly<Record<string, Example>> = {
  'node-library': (app) => {
    const photo = join(app.folder, 'photo.jpg');
    copyFileSync(join(root, 'examples/golf-ball.jpg'), photo);
    const said = sh(process.execPath, ['examples/node-library/index.js', photo], { cwd: app.folder });
    if (!/^golf ball, \d+\.\d %\n$/.test(said)) throw new Error(`it says "${said}"`);
    const [, ...signature] = readFileSync(`${photo}.cam.png`).subarray(0, 4).toString('latin1');
    if (signature.join('') !== 'PNG') throw new Error('it wrote no PNG');
    return Promise.resolve();
  },
  'node-http': (app) => served(app, process.execPath, ['examples/node-http/server.js']),
  'deno-deploy': (app) =>
    served(app, bin('deno'), [
      ...['run', '--no-prompt', '--no-lock', '--node-modules-dir=manual'],
      ...['--allow-net', '--allow-read', '--allow-env=PORT', 'examples/deno-deploy/main.ts'],
    ]),
  hono: async (app) => {
    const place = join(app.folder, 'node_modules/hono');
    if (!existsSync(place)) symlinkSync(join(here, 'node_modules/hono'), place);
    const { app: hono } = (await import(join(app.folder, 'examples/hono/server.js'))) as {
      app: { request: (path: string, init?: RequestInit) => Promise<Response> };
    };
    const refused = await hono.request('/cam/methods');
    if (refused.status !== 401) throw new Error(`without a token: ${refused.status}`);
    await explains(async (path, init) =>
      hono.request(`/cam${path}`, {
        ...(init as RequestInit),
        headers: { ...init?.headers, authorization: 'Bearer secret' },
      }),
    );
  },
  'aws-lambda': async (app) => {
    const { handler } = (await import(join(app.folder, 'examples/aws-lambda/index.js'))) as {
      handler: (event: object) => Promise<LambdaResult>;
    };
    const ask: Fetch = async (path, init) => responseOf(await handler(eventOf(path, init)));
    await explains(ask);
    const wide = { width: 1500, height: 1500, data: new Uint8ClampedArray(4 * 1500 ** 2) };
    const large = await ask('/explain?format=npy', { method: 'POST', body: await encodePng(wide) }); // 9 MB
    const { code } = (await large.json()) as { code: string };
    if (large.status !== 413 || code !== 'TOO_LARGE')
      throw new Error(`an answer of 9 MB: ${large.status} ${code}`);
  },
  'cloudflare-worker': async ({ folder }) => {
    const worker = await startWorker(folder, 'examples/cloudflare-worker/worker.js');
    try {
      await explains((path, init) => worker.fetch(`http://camwasm.test${path}`, init));
      const { script, raw, gzip } = worker.sizes;
      console.log(`    ${mb(script)} of script; ${mb(raw)} with wasm and model, ${mb(gzip)} compressed`);
    } finally {
      await worker.close();
    }
  },
  vite: async (app, site) => {
    const root = join(app.folder, 'examples/vite');
    sh(bin('vite'), ['build', root, '--outDir', join(app.folder, 'isolated/example'), '--logLevel', 'warn']);
    const emitted = readdirSync(join(app.folder, 'isolated/example'), { recursive: true, encoding: 'utf8' });
    const stray = emitted.filter((name) => /\.(md|ts)$/.test(name));
    if (stray.length > 0) throw new Error(`Vite emits ${stray.join(', ')}`);
    writeFileSync(join(app.folder, 'isolated/watch.html'), watchPage('example/'));
    const said = await withPage('Chromium', `${site.url}/isolated/watch.html?isolated`, () =>
      site.result('watched'),
    );
    if (!/^golf ball, \d+\.\d %$/.test(said)) throw new Error(`the page says "${said}"`);
  },
};

/** Posts what a page in a frame says when it is done. */
const watchPage = (
  frame: string,
): string => `<!doctype html><iframe src="${frame}"></iframe><script type="module">
  for (let said = ''; !/%|[Ee]rror/.test(said); await new Promise((next) => setTimeout(next, 100))) {
    said = document.querySelector('iframe').contentDocument.querySelector('output')?.textContent ?? '';
    if (/%|[Ee]rror/.test(said)) await fetch('/result/watched', { method: 'POST', body: said });
  }
</script>`;

export async function examples(app: App, site: Site): Promise<void> {
  for (const [name, works] of Object.entries(EXAMPLES)) {
    const started = performance.now();
    try {
      await works(app, site);
    } catch (cause) {
      throw new Error(`examples/${name}: ${(cause as Error).message}`, { cause });
    }
    console.log(`  ${name.padEnd(20)}${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
}

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

async function served(app: App, command: string, args: readonly string[]): Promise<void> {
  const server = await startServer(app, command, args, { PORT: '0' });
  try {
    await explains((path, init) => fetch(`${server.url}${path}`, init as RequestInit));
  } finally {
    await server.stop();
  }
}

const photo = readFileSync(join(here, '../../examples/golf-ball.jpg'));
const PNG = '89504e470d0a1a0a';

/** Does a server explain a photo, and refuse what is none? */
async function explains(ask: Fetch): Promise<void> {
  const post = (query: string, accept: string, body: Uint8Array = photo) =>
    ask(`/explain?${query}`, { method: 'POST', headers: { accept }, body });
  const picture = await post('method=layercam', 'image/png');
  const bytes = Buffer.from(await picture.arrayBuffer());
  if (bytes.subarray(0, 8).toString('hex') !== PNG)
    throw new Error(`no PNG: ${picture.status} ${bytes.toString()}`);
  const json = (await (await post('method=gradcam&raw', 'application/json')).json()) as {
    prediction: { label: string }[];
    results: { map: { dims: number[] } }[];
  };
  if (json.prediction[0].label !== 'golf ball') throw new Error(`sees a ${json.prediction[0].label}`);
  if (json.results[0].map.dims.join() !== '7,7')
    throw new Error(`a map of ${json.results[0].map.dims.join()}`);
  const methods = (await (await ask('/methods')).json()) as { methods: { id: string }[] };
  if (!methods.methods.some(({ id }) => id === 'layercam')) throw new Error('there is no layercam');
  const refused = await post('', '*/*', Buffer.from('no image'));
  if (refused.status !== 422 || refused.headers.get('content-type') !== 'application/problem+json') {
    throw new Error(`no problem: ${refused.status} ${await refused.text()}`);
  }
}

interface LambdaResult {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** What a function URL hands to a function, and makes of its result (payload format 2.0). */
function eventOf(path: string, { method = 'GET', headers = {}, body }: Ask = {}): object {
  const [rawPath, rawQueryString = ''] = path.split('?');
  return {
    version: '2.0',
    rawPath,
    rawQueryString,
    headers,
    requestContext: { domainName: 'abc.lambda-url.eu-west-1.on.aws', http: { method, path: rawPath } },
    ...(body && { body: Buffer.from(body).toString('base64') }),
    isBase64Encoded: body !== undefined,
  };
}

const responseOf = ({ statusCode, headers, body, isBase64Encoded }: LambdaResult): Response =>
  new Response(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'), { status: statusCode, headers });
