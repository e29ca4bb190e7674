import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { suite } from 'uvu';
import { webFetch } from '../../src/platform/proxy.ts';
import { runtime } from '../../src/platform/runtime.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('proxies');

const VARIABLES = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy'];

/** Runs work with a server, and a proxy that notes where it is asked to connect to. */
async function behindProxy(
  settings: (proxy: string) => Record<string, string>,
  work: (url: URL, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const server = createServer((_, response) => response.end('hello'));
  const proxy = createServer().on('connect', (request, socket) => {
    asked.push(request.url!);
    const port = Number(request.url!.split(':')[1]);
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    for (const end of [upstream, socket]) end.on('error', () => undefined);
  });
  const ports: number[] = [];
  for (const one of [server, proxy]) {
    await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
    ports.push((one.address() as AddressInfo).port);
  }
  const before = new Map(VARIABLES.map((name) => [name, process.env[name]]));
  for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, settings(`http://127.0.0.1:${ports[1]}`));
  try {
    await work(new URL(`http://127.0.0.1:${ports[0]}/`), asked);
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    for (const one of [server, proxy]) {
      one.closeAllConnections();
      one.close();
    }
  }
}

// Deno and Bun read the variables when they start.
if (runtime() === 'node') {
  test('HTTP_PROXY', () =>
    behindProxy(
      (proxy) => ({ HTTP_PROXY: proxy }),
      async (url, asked) => {
        assert.is(await (await webFetch(url)).text(), 'hello');
        assert.equal(asked, [url.host]);
      },
    ));
  test('NO_PROXY', () =>
    behindProxy(
      (proxy) => ({ http_proxy: proxy, NO_PROXY: 'elsewhere.test,127.0.0.1' }),
      async (url, asked) => {
        assert.is(await (await webFetch(url)).text(), 'hello');
        assert.equal(asked, []);
      },
    ));
}
test('none', () =>
  behindProxy(
    () => ({}),
    async (url, asked) => {
      assert.is(await (await webFetch(url)).text(), 'hello');
      assert.equal(asked, []);
    },
  ));

test.run();
