import { CamError } from './errors.ts';
import { checkImage, checkOptions } from './explain/checks.ts';
import { explainTargets } from './explain/explain.ts';
import type { Prepared } from './explain/scene.ts';
import type {
  Explanation,
  ExplainOptions,
  FileSource,
  ImageInput,
  LoadOptions,
  Report,
} from './explanation.ts';
import { decode } from './image/decode.ts';
import { isNpy, readNpy } from './image/npy.ts';
import { drawn } from './image/drawable.ts';
import type { Picture } from './image/picture.ts';
import { place } from './image/placement.ts';
import { checkPicture, toTensor, type Preprocessing } from './image/preprocess.ts';
import { loadKernels, type Kernels } from './kernels/index.ts';
import { builtinModel } from './models/builtin.ts';
import { labelWarnings } from './models/labels.ts';
import { noPicture, preprocessingFor } from './models/preprocessing.ts';
import { loadModel, type ModelSource } from './models/source.ts';
import {
  blankInputs,
  checkBatch,
  furtherInputs,
  imageInput,
  shapeKey,
  type InputTensor,
} from './network/inputs.ts';
import { Network, type Values } from './network/network.ts';
import type { ValueInfo } from './onnx/model.ts';
import { loadRuntime, type RuntimeOptions, type Threads } from './runtime/ort.ts';
import { readFile } from './platform/files.ts';
import { ranOutOfMemory } from './runtime/session.ts';
import { floatTensor, fromFloat, sizeOf, type FloatTensor } from './runtime/tensor.ts';
import { isFile } from './targets/text.ts';

/** What a model says of itself. */
export interface ModelInfo {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Version of ONNX's operator set. */
  readonly opset: number;
  /** How pictures become its input; undefined where it takes none. */
  readonly preprocessing: Preprocessing | undefined;
}

/** A model, loaded once, that explains many images. */
export class Explainer {
  /** Class names by index; empty when the model brings none. */
  readonly labels: readonly string[];
  readonly info: ModelInfo;
  /** The files that the model was read from: weights, labels and settings that were found beside it among them. */
  readonly files: readonly (string | URL)[];
  /** What is to be known of the model before anything is explained, such as labels that are not as many as its classes. */
  readonly warnings: readonly string[];
  /** How many threads run the model, and why if it is only one. */
  readonly threads: Threads;
  /** The input that takes the image. */
  readonly #input: ValueInfo;
  readonly #source: ModelSource;
  readonly #options: LoadOptions;
  readonly #kernels: Kernels;
  #network: { key: string; network: Network } | undefined;
  #closed = false;
  /** The call that runs now: sessions are shared, so calls take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(source: ModelSource, options: LoadOptions, kernels: Kernels, threads: Threads) {
    const { graph, opsets } = source.model;
    this.#source = source;
    this.#input = imageInput(graph.inputs, options.imageInput);
    this.#options = options;
    this.#kernels = kernels;
    this.threads = threads;
    this.labels = options.labels ?? source.labels ?? [];
    this.files = source.files;
    this.warnings = labelWarnings(
      this.labels,
      graph.outputs,
      options.labels ? '--labels' : 'config.json beside it, or give others with --labels',
    );
    this.info = {
      inputs: graph.inputs,
      outputs: graph.outputs,
      opset: opsets.get('') ?? 1,
      preprocessing: preprocessingFor(this.#input, source.preprocessing, options.preprocessing ?? {}),
    };
  }

  /**
   * Loads a model: a path or URL, its bytes, or nothing for the built-in one (36 everyday things). Beside a path, the
   * labels and preprocessing of a Hugging Face export are found.
   * @throws CamError BAD_MODEL when it cannot be read, UNSUPPORTED_MODEL when it takes no input, BAD_OPTION for options
   * that make no sense or that it contradicts.
   */
  static async load(
    model?: string | URL | Uint8Array | ArrayBuffer,
    options: LoadOptions = {},
  ): Promise<Explainer> {
    const [source, kernels, { threads }] = await Promise.all([
      loadModel(model ?? builtinModel(), options),
      loadKernels(options.modules?.kernels),
      loadRuntime(runtimeOptionsOf(options)),
    ]);
    return new Explainer(source, options, kernels, threads);
  }

  /** One method, one target: where did the model look? @throws the error of a method that cannot explain this. */
  async explain(image: ImageInput | undefined, options: ExplainOptions = {}): Promise<Explanation> {
    const { explanations, failures } = await this.explainAll(image, options);
    if (failures.length > 0) throw failures[0].error;
    return explanations[0];
  }

  /**
   * Several methods and targets of one image out of one forward pass. A method that fails is reported, and loses
   * nothing of the others. Only `class-visualization` takes no image.
   * @throws CamError BAD_IMAGE, BAD_TENSOR, BAD_OPTION, UNKNOWN_METHOD, UNKNOWN_LAYER, UNKNOWN_CLASS, UNSUPPORTED_MODEL,
   * RUNTIME, ABORTED.
   */
  async explainAll(image: ImageInput | undefined, options: ExplainOptions = {}): Promise<Report> {
    return this.#whileOpen(() => this.#explainAll(image, options));
  }

  async #explainAll(image: ImageInput | undefined, options: ExplainOptions): Promise<Report> {
    checkOptions(options);
    const started = performance.now();
    const prepared = image === undefined ? this.#blank() : await this.#prepare(image, options.maxPixels);
    const decoded = performance.now();
    const further = this.#further(options.inputs);
    const network = await this.#networkFor(prepared.tensor, further);
    const timings = { decode: decoded - started, prepare: performance.now() - decoded };
    return explainTargets({
      network,
      prepared,
      options,
      timings,
      kernels: this.#kernels,
      labels: this.labels,
      blank: image === undefined,
      preprocessing: this.info.preprocessing,
      imageInput: this.#input,
      further,
      pictureOf: async (source) => this.#pictureOnly(await this.#read(source)),
      tensorOf: async (source) => (await this.#prepare(await this.#read(source), options.maxPixels)).tensor,
    });
  }

  /** Does the model have a value of this name? */
  hasValue(name: string): boolean {
    const { nodes, inputs } = this.#source.model.graph;
    return nodes.some(({ outputs }) => outputs.includes(name)) || inputs.some((input) => input.name === name);
  }

  /** The network at the size of the image, for looking at rather than explaining; other inputs are zeros by default. */
  async network(image?: ImageInput, inputs?: Readonly<Record<string, InputTensor>>): Promise<Network> {
    return this.#whileOpen(async () =>
      this.#networkFor(
        (image === undefined ? this.#blank() : await this.#prepare(image)).tensor,
        this.#further(inputs ?? blankInputs(this.info.inputs, this.#input.name)),
      ),
    );
  }

  /** Frees the runtime's memory; the explainer cannot be used afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#inTurn(async () => this.#network?.network.close());
    this.#network = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @throws CamError BAD_OPTION after `close`, and where a size was asked for that the memory does not hold. */
  #whileOpen<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#inTurn(async () => {
      if (this.#closed) throw bad('This explainer is closed. Load the model again.');
      try {
        return await work();
      } catch (cause) {
        const { width, height } = this.#options.preprocessing ?? {};
        if ((width ?? height) === undefined || !ranOutOfMemory(cause)) throw cause;
        throw bad(`--size (width, height) is too large for this model. ${(cause as Error).message}`, cause);
      }
    });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #further(given: Readonly<Record<string, InputTensor>> | undefined): Values {
    return furtherInputs(this.info.inputs, this.#input.name, given);
  }

  async #networkFor(tensor: FloatTensor, further: Values): Promise<Network> {
    const key = `${tensor.dims.join()};${shapeKey(further)}`;
    if (this.#network?.key === key && this.#network.network.settled) return this.#network.network;
    await this.#network?.network.close();
    this.#network = undefined;
    const { model, external } = this.#source;
    if (model.graph.outputs.length === 0) {
      throw new CamError(
        'UNSUPPORTED_MODEL',
        'The model has no output: there is nothing to explain. Export it with the scores of its classes as an output.',
      );
    }
    const { name, type } = this.#input;
    const network = await Network.open(
      model,
      { ...further, [name]: fromFloat(tensor, type ?? 'float32') },
      { ...runtimeOptionsOf(this.#options), external },
    );
    this.#network = { key, network };
    return network;
  }

  async #prepare(image: ImageInput, maxPixels?: number): Promise<Prepared> {
    checkImage(image);
    checkBatch(this.#input);
    if ('dims' in image) return this.#tensor(image);
    const picture = await this.#picture(image, maxPixels);
    const { data, dims, placement } = toTensor(picture, this.#preprocessing());
    return { tensor: floatTensor(dims, data), placement, picture };
  }

  async #picture(image: Exclude<ImageInput, FloatTensor>, maxPixels?: number): Promise<Picture> {
    if (image instanceof Uint8Array || image instanceof ArrayBuffer || image instanceof Blob) {
      return decode(await bytesOf(image), { modules: this.#options.modules, maxPixels });
    }
    if (!('data' in image)) return drawn(image);
    checkPicture(image);
    return image;
  }

  /** An image that a target speaks of; its file is read. @throws CamError BAD_IMAGE. */
  async #read(source: FileSource | ImageInput): Promise<ImageInput> {
    if (!isFile(source)) return source;
    const bytes = await readFile(source.file).catch((cause: unknown) => {
      const why = `The image "${source.file}" that the target names cannot be read: ${(cause as Error).message}.`;
      throw new CamError('BAD_TARGET', why, { cause });
    });
    if (!isNpy(bytes)) return bytes;
    const { dims, data } = readNpy(bytes);
    return floatTensor(dims, data);
  }

  async #pictureOnly(image: ImageInput): Promise<Picture> {
    checkImage(image);
    if (!('dims' in image)) return this.#picture(image);
    throw new CamError('BAD_TARGET', 'A mask is a picture in which white counts, not a tensor.');
  }

  #tensor(tensor: FloatTensor): Prepared {
    const { dims = UNDECLARED } = this.#input;
    const fits =
      dims.length === tensor.dims.length &&
      dims.every((size, axis) => typeof size !== 'number' || size === tensor.dims[axis]);
    if (!fits || tensor.dims[0] !== 1 || sizeOf(tensor.dims) !== tensor.data.length) {
      throw new CamError(
        'BAD_TENSOR',
        `The tensor is [${tensor.dims.join(', ')}]; the model takes one image as [${dims.map((size, axis) => (axis === 0 ? 1 : size || '?')).join(', ')}].`,
      );
    }
    const channelsLast = tensor.dims.length === 4 && tensor.dims[3] <= 4 && tensor.dims[1] > 4;
    const [height, width] = channelsLast ? tensor.dims.slice(1) : tensor.dims.slice(-2);
    return { tensor, placement: place({ width, height }, { width, height }, 'stretch'), picture: undefined };
  }

  #blank(): Prepared {
    checkBatch(this.#input);
    const { width, height, channels, layout } = this.#preprocessing();
    const depth = channels === 'gray' ? 1 : 3;
    const dims = layout === 'nchw' ? [1, depth, height, width] : [1, height, width, depth];
    return this.#tensor(floatTensor(dims, new Float32Array(sizeOf(dims))));
  }

  #preprocessing(): Preprocessing {
    if (this.info.preprocessing) return this.info.preprocessing;
    throw noPicture(this.#input, this.#source.model);
  }
}

const bytesOf = async (image: Uint8Array | ArrayBuffer | Blob): Promise<Uint8Array> =>
  image instanceof Uint8Array
    ? image
    : new Uint8Array(image instanceof Blob ? await image.arrayBuffer() : image);

const runtimeOptionsOf = ({ threads, ort, executionProviders, modules }: LoadOptions): RuntimeOptions => ({
  threads,
  ort,
  executionProviders,
  module: modules?.runtime,
});

/** The shape of an input that declares none: a tensor of an image has four axes. */
const UNDECLARED = ['', '', '', ''] as const;

const bad = (message: string, cause?: unknown): CamError => new CamError('BAD_OPTION', message, { cause });
