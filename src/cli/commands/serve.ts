import { networkInterfaces } from 'node:os';
import { parse } from 'node:path';
import { type AccessOptions, isModelName } from '../../index.ts';
import { badOption, type Given, hostName, isLoopback, librarySettings } from '../../options/index.ts';
import { createWorkerHandler, type Handler, listen, type Listening } from '../../server/node.ts';
import { DONE } from '../exit.ts';
import { loadLibrary } from '../library.ts';
import { modelArgument } from '../model-argument.ts';
import { channelsOf, loadOptionsOf } from '../request.ts';
import { terminal } from '../terminal.ts';
import type { CommandContext } from './command.ts';

/**
 * `camwasm serve`: the request handler on a port, until an interrupt or SIGTERM. Then bodies that are not complete are
 * refused, and the other requests answered.
 */
export async function runServe(context: CommandContext): Promise<number> {
  const { operands, settings, io } = context;
  if (operands.length > 0) {
    throw badOption(undefined, `camwasm serve takes no arguments: post images to it.`);
  }
  if (channelsOf(settings).count !== undefined)
    throw badOption('channels', 'camwasm serve takes a color order for --channels, not a number.');
  const library = await loadLibrary();
  const { model } = await modelArgument(settings.model, {
    io,
    settings,
    library,
    out: terminal(io, settings),
  });
  const { offline } = settings;
  const handler = createWorkerHandler({
    models: {
      [modelName(model)]: {
        model,
        options: { ...loadOptionsOf(settings, io.cwd), ...(offline && { offline }) },
      },
    },
    ...accessOf(settings),
  });
  try {
    await serve(handler, context);
    return DONE;
  } finally {
    await handler.close();
  }
}

const modelName = (model: string | undefined): string => {
  if (model === undefined) return 'efficientnet-lite0';
  return isModelName(model) ? model : parse(model).name;
};

async function serve(handler: Handler, { settings, io }: CommandContext): Promise<void> {
  const out = terminal(io, settings);
  const stopped = interrupted(io.signal);
  const model = await Promise.race([handler.load(), stopped]);
  if (!model) return;
  for (const warning of model.warnings) await out.warn(warning);
  const server = await listening(handler.fetch, settings);
  await out.result(`POST images to ${server.url}/explain\n`);
  await out.detail(`threads: ${model.threads}`);
  await stopped;
  await Promise.all([server.close(), handler.close()]);
}

const LOOPBACK = '127.0.0.1';

/**
 * On loopback, the server answers to the address that it listens on and to `--allow-host`. Elsewhere anyone may ask
 * anyway: it answers to every name, unless `--allow-host` is given.
 */
function accessOf(settings: Given): AccessOptions {
  const { host = LOOPBACK, 'allow-host': given } = settings;
  const { allowOrigins = [] } = librarySettings(settings, 'handler') as AccessOptions;
  if (!given && !isLoopback(urlHost(host))) return { allowOrigins };
  return { allowHosts: [...boundHosts(host), ...(given ?? [])], allowOrigins };
}

const urlHost = (address: string): string => hostName(address.includes(':') ? `[${address}]` : address) ?? '';

/** The addresses of a server as clients write them. */
function boundHosts(host: string): string[] {
  const all = host === '0.0.0.0' || host === '::' ? Object.values(networkInterfaces()) : [];
  const others = all.flatMap((found = []) => found.map(({ address }) => address));
  return [host, ...others].map(urlHost).filter(Boolean);
}

async function listening(
  fetch: Parameters<typeof listen>[0],
  { port = 8080, host = LOOPBACK }: Given,
): Promise<Listening> {
  try {
    return await listen(fetch, { port, host });
  } catch (cause) {
    throw badOption(
      undefined,
      `Cannot listen on port ${port}: ${(cause as Error).message}. Choose another --port, or 0 for a free one.`,
      cause,
    );
  }
}

const interrupted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
