import { parse } from 'node:path';
import { badOption } from '../../options/index.ts';
import { listen, type Listening } from '../../server/node.ts';
import { DONE } from '../exit.ts';
import { loadLibrary } from '../library.ts';
import { modelArgument } from '../model-argument.ts';
import { channelsOf, loadOptionsOf } from '../request.ts';
import { terminal } from '../terminal.ts';
import type { CommandContext } from './command.ts';

/** `camwasm serve`: the request handler on a port, until an interrupt or SIGTERM; pending requests are answered. */
export async function runServe({ operands, settings, io }: CommandContext): Promise<number> {
  if (operands.length > 0) {
    throw badOption(undefined, `camwasm serve takes no arguments: post images to it.`);
  }
  if (channelsOf(settings).count !== undefined)
    throw badOption('channels', 'camwasm serve takes a color order for --channels, not a number.');
  const out = terminal(io, settings);
  const [library, { createHandler }] = await Promise.all([loadLibrary(), import('../../server/index.ts')]);
  const { Explainer, isModelName } = await import('../../index.ts');
  const named = await modelArgument(settings.model, { io, settings, library, out });
  const model = await Explainer.load(named.model, {
    ...loadOptionsOf(settings, io.cwd),
    ...named.options,
  });
  for (const warning of model.warnings) await out.warn(warning);
  const { model: given } = named;
  const name = given === undefined ? 'efficientnet-lite0' : isModelName(given) ? given : parse(given).name;
  const handler = createHandler({ models: { [name]: () => Promise.resolve(model) } });
  try {
    const server = await listening(handler.fetch, settings);
    await out.result(`POST images to ${server.url}/explain\n`);
    await out.detail(`threads: ${model.threads.count}`);
    await interrupted(io.signal);
    await server.close();
    return DONE;
  } finally {
    await handler.close();
  }
}

async function listening(
  fetch: Parameters<typeof listen>[0],
  { port = 8080, host }: CommandContext['settings'],
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
