import type { TokenGrid } from '../network/axes.ts';
import { parseTokens } from '../network/layout.ts';

/** How the text after an option becomes a value; undefined where it does not. */
export interface Reading<Value> {
  /** How the value is written in help. */
  readonly sign: string;
  /** What is wanted, as an error says it: "a number from 0 to 1". */
  readonly takes: string;
  readonly choices?: readonly string[];
  readonly read: (text: string) => Value | undefined;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const toNumber = (text: string): number => (NUMBER.test(text.trim()) ? Number(text) : NaN);

export const text = (sign: string, takes: string): Reading<string> => ({
  sign,
  takes,
  read: (text) => (text === '' ? undefined : text),
});

/** One value of an option that may be given several times. */
export const item = (sign: string, takes: string): Reading<string[]> => ({
  sign,
  takes,
  read: (text) => (text.trim() === '' ? undefined : [text]),
});

/** A comma list. */
export const items = (sign: string, takes: string): Reading<string[]> => ({
  sign,
  takes,
  read: (text) => {
    const parts = text.split(',').map((part) => part.trim());
    return parts.includes('') ? undefined : parts;
  },
});

/** A tensor for an input of the model. */
export interface InputFile {
  readonly name: string;
  readonly file: string;
}

/** `name=file.npy`; the option may be given several times. */
export const inputFile: Reading<InputFile[]> = {
  sign: '<name=file.npy>',
  takes: 'the name of an input and a .npy file, such as input_ids=question.npy',
  read: (text) => {
    const [, name, file] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    return name === undefined ? undefined : [{ name, file }];
  },
};

export const oneOf = <Choice extends string>(choices: readonly Choice[]): Reading<Choice> => ({
  sign: `<${choices.join('|')}>`,
  takes: `one of ${choices.join(', ')}`,
  choices,
  read: (text) => choices.find((choice) => choice === text),
});

export const wholeNumber = (from: number, to?: number): Reading<number> => ({
  sign: '<n>',
  takes: to === undefined ? `a whole number from ${from} up` : `a whole number from ${from} to ${to}`,
  read: (text) => {
    const value = toNumber(text);
    return Number.isSafeInteger(value) && value >= from && value <= (to ?? value) ? value : undefined;
  },
});

export const fraction: Reading<number> = {
  sign: '<0..1>',
  takes: 'a number from 0 to 1',
  read: (text) => {
    const value = toNumber(text);
    return value >= 0 && value <= 1 ? value : undefined;
  },
};

export const numbers = (takes: string, accept: (value: number) => boolean): Reading<number[]> => ({
  sign: '<x[,x,x]>',
  takes,
  read: (text) => {
    const values = text.split(',').map(toNumber);
    return values.every((value) => Number.isFinite(value) && accept(value)) ? values : undefined;
  },
});

/** `224`, or `320x240`: width first, as pictures are measured. */
export const extent: Reading<{ width: number; height: number }> = {
  sign: '<n|WxH>',
  takes: 'a number of pixels or WIDTHxHEIGHT, such as 224 or 320x240',
  read: (text) => {
    const [width, height = width, ...more] = text.toLowerCase().split('x').map(Number);
    const sound = (side: number) => Number.isInteger(side) && side > 0;
    return more.length === 0 && sound(width) && sound(height) ? { width, height } : undefined;
  },
};

/** `n:sigma`: copies, and the deviation of their noise. */
export const noise: Reading<{ n: number; sigma: number }> = {
  sign: '<n:sigma>',
  takes: "a number of copies and the noise as a share of the input's range, such as 16:0.15",
  read: (text) => {
    const [n, sigma, ...more] = text.split(':').map(toNumber);
    return more.length === 0 && Number.isSafeInteger(n) && n > 0 && sigma >= 0 && Number.isFinite(sigma)
      ? { n, sigma }
      : undefined;
  },
};

/** One of the choices, or a whole number from 1 up; the option may be given once for each. */
export const oneOfOrNumber = <Choice extends string>(
  choices: readonly Choice[],
): Reading<(Choice | number)[]> => ({
  sign: `<${choices.join('|')}|n>`,
  takes: `one of ${choices.join(', ')}, or a whole number from 1 up`,
  choices,
  read: (text) => {
    const value = oneOf(choices).read(text) ?? wholeNumber(1).read(text);
    return value === undefined ? undefined : [value];
  },
});

/** `14x14+1`: rows, columns, and the tokens before them. */
export const tokenGrid: Reading<TokenGrid> = {
  sign: '<HxW[+n]>',
  takes: 'rows x columns and the number of tokens before them, such as 14x14+1',
  read: (text) => orUndefined(() => parseTokens(text)),
};

function orUndefined<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
