import type { CommandName } from '../../options/index.ts';
import type { Command } from './command.ts';

/** The models with an ONNX file on the Hugging Face Hub. */
export const HUB_SEARCH = 'https://huggingface.co/models?library=onnx';

/** Every command. Its options are the table rows that list it. */
export const COMMANDS: Readonly<Record<CommandName, Command>> = {
  explain: {
    usage: 'camwasm <image...> [options]',
    about:
      'Shows where a model looked. Images are PNG, JPEG, BMP, GIF, TIFF, WebP, .npy tensors, or - (standard input).',
    examples: [
      ['camwasm cat.jpg --method layercam', 'the predicted class, as an overlay'],
      ['camwasm cat.jpg -m gradcam,scorecam -c cat -c dog -o maps/', 'methods and classes side by side'],
      ['camwasm *.jpg --model model.onnx --labels labels.txt --json', 'another model, for a script'],
      ['camwasm cat.jpg -f npy -o - > heatmap.npy', 'the numbers, through a pipe'],
      ['camwasm -m class-visualization -c cat', 'what a cat looks like to the model'],
    ],
    load: async () => (await import('./explain.ts')).runExplain,
  },
  compare: {
    usage: 'camwasm compare <image> [options]',
    about: 'Writes a contact sheet of an image: classes as rows, methods as columns, with labels and scores.',
    examples: [
      ['camwasm compare cat.jpg --classes top3', 'all fast methods, three classes'],
      ['camwasm compare cat.jpg --methods cam,gradcam -o cat.html', 'as a page'],
    ],
    load: async () => (await import('./compare.ts')).runCompare,
  },
  inspect: {
    usage: 'camwasm inspect <model.onnx> [options]',
    about:
      'Describes a model: inputs, outputs, operators, the layers that can be explained, and what to type next.',
    examples: [
      ['camwasm inspect model.onnx', 'the star marks the default layer'],
      ['camwasm inspect model.onnx --expand', 'all layers, not only modules'],
      ['camwasm inspect model.onnx --json', 'for a script'],
    ],
    load: async () => (await import('./inspect.ts')).runInspect,
  },
  verify: {
    usage: 'camwasm verify <model.onnx> [image] [options]',
    about:
      'Compares the gradients of a model with differences of the model itself. Exits with 1 if one is wrong. Without an image, the input is noise.',
    examples: [
      ['camwasm verify model.onnx cat.jpg', 'at the input and at the default layer'],
      ['camwasm verify model.onnx cat.jpg --operators', 'also every operator by itself'],
    ],
    load: async () => (await import('./verify.ts')).runVerify,
  },
  methods: {
    usage: 'camwasm methods [options]',
    about: 'Lists the methods, with their papers.',
    examples: [['camwasm methods --json', 'for a script']],
    load: async () => (await import('./methods.ts')).runMethods,
  },
  models: {
    usage: 'camwasm models [pull|rm|path <name>] [options]',
    about: `Lists the models that have a name, and downloads or removes them. Others: ${HUB_SEARCH} (docs/models.md).`,
    examples: [
      ['camwasm models', 'the built-in model, known ones, and others that are here'],
      ['camwasm models pull mobilenetv2', 'then: camwasm cat.jpg --model mobilenetv2'],
      ['camwasm models pull hf:onnx-community/mobilenet_v2_1.0_224', 'any model of the Hugging Face Hub'],
      ['camwasm models path mobilenetv2', 'where its file is'],
      ['camwasm models rm mobilenetv2', 'frees its space'],
    ],
    load: async () => (await import('./models.ts')).runModels,
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
    load: async () => (await import('./serve.ts')).runServe,
  },
  completion: {
    usage: 'camwasm completion <bash|zsh|fish>',
    about: 'Prints a script that completes commands, options and their values in a shell.',
    examples: [['camwasm completion bash >> ~/.bashrc', 'similar for zsh and fish']],
    load: async () => (await import('./completion.ts')).runCompletion,
  },
};
