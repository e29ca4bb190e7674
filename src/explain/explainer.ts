import { CamError } from '../errors.ts';
import { checkOptions } from './checks.ts';
import { explainTargets } from './explain.ts';
import { prepare, readImage, readMask, type Intake } from './intake.ts';
import type { Answer, ExplainOptions, ImageInput, LoadOptions, Report } from '../types.ts';
import type { Preprocessing } from '../image/preprocess.ts';
import { loadKernels, type Kernels } from '../kernels/index.ts';
import { builtinModel } from '../models/builtin.ts';
import { labelWarnings } from '../models/labels.ts';
import { preprocessingFor } from '../models/preprocessing.ts';
import { loadModel, type ModelSource } from '../models/source.ts';
import { blankInputs, extraInputs, imageInput, shapeKey, type InputTensor } from '../network/inputs.ts';
import { Network, type Values } from '../network/network.ts';
import type { ValueInfo } from '../onnx/model.ts';
import { loadRuntime, type RuntimeOptions, type Threads } from '../runtime/ort.ts';
import { ranOutOfMemory } from '../runtime/session.ts';
import { fromFloat, type FloatTensor } from '../runtime/tensor.ts';

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
  readonly #intake: Intake;
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
    const input = imageInput(graph.inputs, options.imageInput);
    const preprocessing = preprocessingFor(input, source.preprocessing, options.preprocessing ?? {});
    this.#intake = { model: source.model, input, preprocessing, modules: options.modules };
    this.info = { inputs: graph.inputs, outputs: graph.outputs, opset: opsets.get('') ?? 1, preprocessing };
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
  async explain(image: ImageInput | undefined, options: ExplainOptions = {}): Promise<Answer> {
    const { explanations, failures, ...besides } = await this.explainAll(image, options);
    if (failures.length > 0) throw failures[0].error;
    return { ...explanations[0], ...besides };
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
    const prepared = await prepare(this.#intake, image, options.maxPixels);
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
      imageInput: this.#intake.input,
      further,
      pictureOf: (source) => readMask(this.#intake, source),
      tensorOf: async (source) =>
        (await prepare(this.#intake, await readImage(source), options.maxPixels)).tensor,
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
        (await prepare(this.#intake, image)).tensor,
        this.#further(inputs ?? blankInputs(this.info.inputs, this.#intake.input.name)),
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
    return extraInputs(this.info.inputs, this.#intake.input.name, given);
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
    const { name, type } = this.#intake.input;
    const network = await Network.open(
      model,
      { ...further, [name]: fromFloat(tensor, type ?? 'float32') },
      { ...runtimeOptionsOf(this.#options), external },
    );
    this.#network = { key, network };
    return network;
  }
}

const runtimeOptionsOf = ({ threads, ort, executionProviders, modules }: LoadOptions): RuntimeOptions => ({
  threads,
  ort,
  executionProviders,
  module: modules?.runtime,
});

const bad = (message: string, cause?: unknown): CamError => new CamError('BAD_OPTION', message, { cause });
