import { OPTIONS, type OptionName } from '../../options/options.ts';
import type { Command, CommandName } from './command.ts';

const TERMINAL = ['json', 'quiet', 'verbose', 'no-color', 'debug', 'help', 'version'] as const;

/** Options of other commands alone. */
const ELSEWHERE: readonly OptionName[] = ['methods', 'classes', 'port', 'host'];

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
    options: (Object.keys(OPTIONS) as OptionName[]).filter((name) => !ELSEWHERE.includes(name)),
    load: async () => (await import('./explain.ts')).explain,
  },
  compare: {
    usage: 'camwasm compare <image> [options]',
    about: 'Writes one contact sheet of an image: classes down, methods across, with labels and scores.',
    examples: [
      ['camwasm compare cat.jpg --classes top3', 'every quick method, three classes'],
      ['camwasm compare cat.jpg --methods cam,gradcam -o cat.html', 'as a page'],
    ],
    options: [
      ...(['methods', 'classes', 'model', 'labels'] as const),
      ...(['layer', 'tokens', 'score', 'compat', 'output-name', 'input', 'image-input'] as const),
      ...([
        'base',
        'fuse',
        'smooth-noise',
        'smooth-aug',
        'eigen-smooth',
        'signed',
        'counterfactual',
      ] as const),
      ...(['samples', 'concepts', 'baseline', 'seed', 'output', 'colormap', 'alpha'] as const),
      ...(['size', 'fit', 'channels', 'range', 'mean', 'std', 'layout', 'threads', 'batch-size'] as const),
      ...TERMINAL.filter((name) => name !== 'json'),
    ],
    load: async () => (await import('./compare.ts')).compare,
  },
  inspect: {
    usage: 'camwasm inspect <model.onnx> [options]',
    about: 'Shows what is in a model: inputs, outputs, operators, and the layers that can be explained.',
    examples: [
      ['camwasm inspect model.onnx', 'the star marks the layer that is chosen by itself'],
      ['camwasm inspect model.onnx --json', 'for a script'],
    ],
    options: ['model', 'size', 'layout', 'tokens', 'output-name', 'image-input', 'threads', ...TERMINAL],
    load: async () => (await import('./inspect.ts')).inspect,
  },
  methods: {
    usage: 'camwasm methods [options]',
    about: 'Lists the methods, with their papers.',
    examples: [['camwasm methods --json', 'for a script']],
    options: [...TERMINAL],
    load: async () => (await import('./methods.ts')).methods,
  },
  serve: {
    usage: 'camwasm serve [options]',
    about: 'Explains images over HTTP: POST /explain, GET /methods, /models and /healthz (docs/server.md).',
    examples: [
      [
        'camwasm serve',
        "then: curl --data-binary @cat.jpg 'localhost:8080/explain?method=layercam' > cat.png",
      ],
      ['camwasm serve --port 80 --host 0.0.0.0 --model model.onnx', 'open to the network'],
    ],
    options: [
      ...(['port', 'host', 'model', 'labels', 'size', 'fit', 'channels', 'range', 'mean', 'std'] as const),
      ...(['layout', 'threads'] as const),
      ...TERMINAL.filter((name) => name !== 'json'),
    ],
    load: async () => (await import('./serve.ts')).serve,
  },
};
