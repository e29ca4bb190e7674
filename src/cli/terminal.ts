import { styleText } from 'node:util';
import { CamError, type Given, inFlags } from '../options/index.ts';
import type { IO } from './io.ts';
import { type ProgressLine, progressLine } from './progress.ts';

export type Style = Parameters<typeof styleText>[0];

/** Output of a command: results on standard output, everything else on standard error. */
export interface Terminal {
  /** A result: text or bytes. */
  readonly result: (text: string | Uint8Array) => Promise<void>;
  /** Printed only with --verbose. */
  readonly detail: (text: string) => Promise<void>;
  /** Information that is not a problem. */
  readonly note: (text: string) => Promise<void>;
  readonly warn: (text: string) => Promise<void>;
  readonly complain: (error: unknown, about?: string) => Promise<void>;
  readonly progress: ProgressLine;
  /** Colors text for standard output, if it shows colors. */
  readonly style: (style: Style, text: string) => string;
}

export function terminal(io: IO, settings: Given): Terminal {
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
    detail: async (text) => void (verbose && (await say(inFlags(text)))),
    note: async (text) => void (!quiet && (await say(`camwasm: note: ${text}`))),
    warn: async (text) => void (!quiet && (await say(`camwasm: warning: ${inFlags(text)}`))),
    complain: (error, about) => say(`camwasm: ${about ? `${about}: ` : ''}${messageFor(error, debug)}`),
    progress,
    style: (style, text) => (colored ? styleText(style, text, { validateStream: false }) : text),
  };
}

/** Follows https://no-color.org, and the name of terminals without color. */
function showsColor({ stdout, env }: IO, settings: Given): boolean {
  return stdout.isTTY && !settings['no-color'] && !env.NO_COLOR && env.TERM !== 'dumb';
}

function messageFor(error: unknown, debug: boolean | undefined): string {
  if (debug) return stackOf(error);
  if (error instanceof CamError) return inFlags(error.message);
  const message = error instanceof Error ? error.message : String(error);
  return `Unexpected error: ${message.replace(/[.\s]*$/, '')}. Run it again with --debug for the location.`;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = error instanceof CamError ? ` [${error.code}]` : '';
  const cause = error.cause === undefined ? '' : `\n  caused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${code}${cause}`;
}

/** A probability for people. */
export const percent = (probability: number): string => `${(100 * probability).toFixed(1)} %`;
