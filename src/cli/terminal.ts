import { styleText } from 'node:util';
import { CamError } from '../errors.ts';
import type { IO } from './io.ts';
import type { Settings } from '../options/options.ts';
import { progressLine, type ProgressLine } from './progress.ts';

export type Style = Parameters<typeof styleText>[0];

/** What a command says to its user: results on standard output, everything else on standard error. */
export interface Terminal {
  /** A result: text that was asked for, or bytes. */
  readonly result: (text: string | Uint8Array) => Promise<void>;
  /** Said with --verbose only. */
  readonly detail: (text: string) => Promise<void>;
  /** Good to know, and nothing is wrong. */
  readonly note: (text: string) => Promise<void>;
  readonly warn: (text: string) => Promise<void>;
  readonly complain: (error: unknown, about?: string) => Promise<void>;
  readonly progress: ProgressLine;
  /** Colours what goes to standard output, where that shows colours. */
  readonly style: (style: Style, text: string) => string;
}

export function terminal(io: IO, settings: Readonly<Partial<Settings>>): Terminal {
  const { quiet, verbose, debug } = settings;
  const progress = progressLine(io.stderr, io.stderr.isTTY && !quiet);
  const say = async (text: string) => {
    await progress.clear();
    await io.stderr.write(`${text}\n`);
  };
  const colored = showsColor(io, settings);
  return {
    result: async (text) => {
      await progress.clear();
      await io.stdout.write(text);
    },
    detail: async (text) => void (verbose && (await say(text))),
    note: async (text) => void (!quiet && (await say(`camwasm: note: ${text}`))),
    warn: async (text) => void (!quiet && (await say(`camwasm: warning: ${text}`))),
    complain: (error, about) => say(`camwasm: ${about ? `${about}: ` : ''}${explanationOf(error, debug)}`),
    progress,
    style: (style, text) => (colored ? styleText(style, text, { validateStream: false }) : text),
  };
}

/** https://no-color.org, and what terminals without colour call themselves. */
function showsColor({ stdout, env }: IO, settings: Readonly<Partial<Settings>>): boolean {
  return stdout.isTTY && !settings['no-color'] && !env.NO_COLOR && env.TERM !== 'dumb';
}

function explanationOf(error: unknown, debug: boolean | undefined): string {
  if (debug) return stackOf(error);
  if (error instanceof CamError) return error.message;
  const message = error instanceof Error ? error.message : String(error);
  return `Something unexpected happened: ${message}. Run it again with --debug to see where.`;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = error instanceof CamError ? ` [${error.code}]` : '';
  const cause = error.cause === undefined ? '' : `\n  caused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${code}${cause}`;
}
