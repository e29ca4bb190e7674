import type { TokenGrid } from '../network/axes.ts';
import { parseTokens } from '../network/layout.ts';
import { type Check, type Checks, isRecord, ownValue } from '../table.ts';
import { hostName, originOf } from './address.ts';

/** How text is parsed to the value of an option. */
export interface Reading<Value> extends Check {
  /** The value's placeholder in help. */
  readonly sign: string;
  /** The library's validation, if it differs from that of the text. */
  readonly library?: Check;
  /** Undefined for invalid text. */
  readonly read: (text: string) => Value | undefined;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const toNumber = (text: string): number => (NUMBER.test(text.trim()) ? Number(text) : NaN);

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isWhole = (value: unknown, from: number, to = Infinity): value is number =>
  Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to;

/** One value or a nonempty list. */
export const oneOrMore = ({ takes, accepts }: Check): Check => ({
  takes: `${takes}, or a list of them`,
  accepts: (value) =>
    Array.isArray(value) ? value.length > 0 && value.every((one) => accepts(one)) : accepts(value),
});

export const text = (sign: string, takes: string): Reading<string> => ({
  sign,
  takes,
  accepts: isText,
  read: (text) => (text === '' ? undefined : text),
});

/** One value of a repeatable option. */
export const item = (sign: string, takes: string): Reading<string[]> => ({
  sign,
  takes,
  accepts: oneOrMore({ takes, accepts: isText }).accepts,
  read: (text) => (text.trim() === '' ? undefined : [text]),
});

/** A comma-separated list. */
export const items = (sign: string, takes: string): Reading<string[]> => ({
  sign,
  takes,
  accepts: oneOrMore({ takes, accepts: isText }).accepts,
  read: (text) => {
    const parts = text.split(',').map((part) => part.trim());
    return parts.includes('') ? undefined : parts;
  },
});

/** A comma-separated list of addresses; `read` gives undefined for what is none. */
const addresses = (
  sign: string,
  takes: string,
  read: (text: string) => string | undefined,
): Reading<string[]> => ({
  sign,
  takes,
  accepts: (value) =>
    Array.isArray(value) && value.every((one) => typeof one === 'string' && read(one) !== undefined),
  read: (text) => {
    const parts = text.split(',').map((part) => read(part.trim()));
    return parts.every((part) => part !== undefined) ? parts : undefined;
  },
});

/** Names of a server, without a port. */
export const hostNames: Reading<string[]> = addresses(
  '<name[,name...]>',
  'host names without a port, such as cam.example.com, or *',
  (text) => (text === '*' ? text : /^(?:\[.*\]|[^:]*)$/.test(text) ? hostName(text) : undefined),
);

/** Origins of web pages. */
export const origins: Reading<string[]> = addresses(
  '<origin[,origin...]>',
  'origins of web pages, such as https://app.example.com, null, or *',
  originOf,
);

/** A tensor for an input of the model. */
export interface InputFile {
  readonly name: string;
  readonly file: string;
}

/** `name=file`, repeatable. */
export const inputFile: Reading<InputFile[]> = {
  sign: '<name=file>',
  takes: 'the name of an input and a .npy file or picture, such as input_ids=question.npy',
  accepts: Array.isArray,
  read: (text) => {
    const [, name, file] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    return name === undefined ? undefined : [{ name, file }];
  },
};

export const oneOf = <Choice extends string>(choices: readonly Choice[]): Reading<Choice> => ({
  sign: `<${choices.join('|')}>`,
  takes: `one of ${choices.join(', ')}`,
  choices,
  accepts: (value) => choices.some((choice) => choice === value),
  read: (text) => choices.find((choice) => choice === text),
});

/** The name of a value, such as `0..1` for the range [0, 1]; the library takes the value. */
export const named = <Value>(
  values: Readonly<Record<string, Value>>,
  { takes, accepts }: Check,
): Reading<Value> => ({
  ...oneOf(Object.keys(values)),
  accepts,
  library: { takes, accepts },
  read: (text) => ownValue(values, text),
});

export const wholeNumber = (from: number, to?: number): Reading<number> => ({
  sign: '<n>',
  takes: to === undefined ? `a whole number from ${from} up` : `a whole number from ${from} to ${to}`,
  accepts: (value) => isWhole(value, from, to),
  read: (text) => {
    const value = toNumber(text);
    return isWhole(value, from, to) ? value : undefined;
  },
});

export function numberBetween(low: number, high: number): Reading<number> {
  const accepts = (value: unknown) => typeof value === 'number' && value >= low && value <= high;
  return {
    sign: `<${low}..${high}>`,
    takes: `a number from ${low} to ${high}`,
    accepts,
    read(text) {
      const value = toNumber(text);
      return accepts(value) ? value : undefined;
    },
  };
}

export const numbers = (takes: string, accept: (value: number) => boolean): Reading<number[]> => ({
  sign: '<x[,x,x]>',
  takes,
  accepts: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one) => Number.isFinite(one) && accept(one as number)),
  read: (text) => {
    const values = text.split(',').map(toNumber);
    return values.every((value) => Number.isFinite(value) && accept(value)) ? values : undefined;
  },
});

/** A comma-separated list of numbers that count from 1. */
export const ordinals = (takes: string): Reading<number[]> => ({
  sign: '<n[,n...]>',
  takes,
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((one) => isWhole(one, 1)),
  read: (text) => {
    const values = text.split(',').map(toNumber);
    return values.every((value) => isWhole(value, 1)) ? values : undefined;
  },
});

const SLICES = ordinals('slices counted from 1');

/** One slice or several; the library also takes a single number. */
export const sliceNumbers: Reading<number[]> = {
  ...SLICES,
  library: {
    takes: 'a slice counted from 1, or a list of them',
    accepts: (value) => isWhole(value, 1) || SLICES.accepts(value),
  },
};

/** `224`, or `320x240`: width first. */
export const extent: Reading<{ width: number; height: number }> = {
  sign: '<n|WxH>',
  takes: 'a number of pixels or WIDTHxHEIGHT, such as 224 or 320x240',
  accepts: (value) => isWhole(value, 1),
  read: (text) => {
    const [width, height = width, ...more] = text.toLowerCase().split('x').map(Number);
    return more.length === 0 && isWhole(width, 1) && isWhole(height, 1) ? { width, height } : undefined;
  },
};

/** The keys of an object whose values its own check validates. */
const keysOnly = (...keys: string[]): Checks =>
  new Map(keys.map((key) => [key, anything('a value', () => true)]));

const isNoise = (n: unknown, sigma: unknown): boolean =>
  isWhole(n, 1) && typeof sigma === 'number' && sigma >= 0 && Number.isFinite(sigma);

/** `n:sigma`: number of copies, and the standard deviation of their noise. */
export const noise: Reading<{ n: number; sigma: number }> = {
  sign: '<n:sigma>',
  takes:
    "n copies (a whole number from 1 up) and noise sigma, relative to the input's range, such as 16:0.15",
  accepts: (value) => isRecord(value) && isNoise(value.n, value.sigma),
  keys: () => keysOnly('n', 'sigma'),
  read: (text) => {
    const [n, sigma, ...more] = text.split(':').map(toNumber);
    return more.length === 0 && isNoise(n, sigma) ? { n, sigma } : undefined;
  },
};

/** One of the choices, or a whole number from 1 up; each may appear once. */
export const oneOfOrNumber = <Choice extends string>(
  choices: readonly Choice[],
): Reading<(Choice | number)[]> => ({
  sign: `<${choices.join('|')}|n>`,
  takes: `one of ${choices.join(', ')}, or a whole number from 1 up`,
  choices,
  accepts: Array.isArray,
  read: (text) => {
    const value = oneOf(choices).read(text) ?? wholeNumber(1).read(text);
    return value === undefined ? undefined : [value];
  },
});

/** `14x14+1`: rows, columns, and prefix tokens; `8x14x14+1` with slices or frames. */
export const tokenGrid: Reading<TokenGrid> = {
  sign: '<[Dx]HxW[+n]>',
  takes: 'rows x columns and the number of prefix tokens (class, registers), such as 14x14+1',
  accepts: (value) =>
    isRecord(value) &&
    (value.depth === undefined || isWhole(value.depth, 1)) &&
    isWhole(value.height, 1) &&
    isWhole(value.width, 1) &&
    isWhole(value.prefix, 0),
  keys: () => keysOnly('depth', 'height', 'width', 'prefix'),
  read: (text) => {
    try {
      return parseTokens(text);
    } catch {
      return undefined;
    }
  },
};

export const flag: Check = { takes: 'true or false', accepts: (value) => typeof value === 'boolean' };

/** A value without a flag. */
export const anything = (takes: string, accepts: (value: unknown) => boolean): Check => ({ takes, accepts });

export const object: Check = anything('an object', isRecord);

/** An object with these optional keys. */
export const record = (keys: () => Checks): Check => ({ ...object, keys });

/** Compiled WebAssembly, from this realm or another. */
export const wasmModule: Check = anything(
  'a WebAssembly.Module',
  (value) => Object.prototype.toString.call(value) === '[object WebAssembly.Module]',
);
