import type { Library } from '../library.ts';
import { OPTIONS, type OptionName, type Settings } from '../options.ts';
import type { IO } from '../io.ts';

/** Runs a command and gives its exit code. */
export type Run = (context: CommandContext) => Promise<number>;

export interface CommandContext {
  readonly operands: readonly string[];
  readonly settings: Readonly<Partial<Settings>>;
  readonly io: IO;
  readonly library: () => Promise<Library>;
}

export interface Command {
  readonly usage: string;
  readonly about: string;
  readonly examples: readonly (readonly [line: string, about: string])[];
  readonly options: readonly OptionName[];
  /** Imported when it is run: help has to be quick. */
  readonly load: () => Promise<Run>;
}

export type CommandName = 'explain' | 'inspect' | 'methods';

const TERMINAL = ['json', 'quiet', 'verbose', 'no-color', 'debug', 'help', 'version'] as const;

export const COMMANDS: Readonly<Record<CommandName, Command>> = {
  explain: {
    usage: 'camwasm <image...> [options]',
    about:
      'Shows where a model looked. An image is PNG, JPEG, BMP, GIF, TIFF, WebP, a .npy tensor, or - (standard input).',
    examples: [
      ['camwasm cat.jpg --method layercam', 'the predicted class, as an overlay'],
      ['camwasm cat.jpg -m gradcam,scorecam -c cat -c dog -o maps/', 'methods and classes side by side'],
      ['camwasm *.jpg --model model.onnx --labels labels.txt --json', 'another model, for a script'],
      ['camwasm cat.jpg -f npy -o - > heatmap.npy', 'the numbers, through a pipe'],
      ['camwasm -m class-visualization -c cat', 'what the model takes for a cat'],
    ],
    options: Object.keys(OPTIONS) as OptionName[],
    load: async () => (await import('./explain.ts')).explain,
  },
  inspect: {
    usage: 'camwasm inspect <model.onnx> [options]',
    about: 'Shows what is in a model: inputs, outputs, operators, and the layers that can be explained.',
    examples: [
      ['camwasm inspect model.onnx', 'the star marks the layer that is chosen by itself'],
      ['camwasm inspect model.onnx --json', 'for a script'],
    ],
    options: ['model', 'size', 'layout', 'threads', ...TERMINAL],
    load: async () => (await import('./inspect.ts')).inspect,
  },
  methods: {
    usage: 'camwasm methods [options]',
    about: 'Lists the methods, with their papers.',
    examples: [['camwasm methods --json', 'for a script']],
    options: [...TERMINAL],
    load: async () => (await import('./methods.ts')).methods,
  },
};
