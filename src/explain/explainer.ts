/// <reference lib="esnext.disposable" preserve="true" />
import { CamError } from '../errors.ts';
import type { Preprocessing } from '../image/preprocess.ts';
import type { PreprocessingSources } from '../models/preprocessing.ts';
import type { ModelInput } from '../models/source.ts';
import { type Port, portOf } from '../onnx/model.ts';
import { checkOptions } from '../options/check.ts';
import type { Threads } from '../runtime/ort.ts';
import { turns } from '../runtime/turns.ts';
import type {
  Answer,
  ClassScore,
  ExplainOptions,
  ExplainReport,
  ImageInput,
  LoadOptions,
  PredictOptions,
} from '../types.ts';
import { noImage, readCall, requireSingle } from './call.ts';
import { contextFor } from './context.ts';
import { rankingOf, requireFinite, runForward } from './forward.ts';
import { prepareInput } from './input.ts';
import { blamingSize, type LoadedModel, loadEverything, networkSlot, withPreset } from './loaded.ts';
import { explainedOutputOf } from './output.ts';
import { planFor } from './plan.ts';
import { explainSteps, PREDICTED } from './steps.ts';
import { stopwatch } from './stopwatch.ts';

/** A model's declarations. */
export interface ModelInfo {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Opset version of ONNX. */
  readonly opset: number;
  /** Preprocessing of pictures; undefined if the model does not take pictures. */
  readonly preprocessing: Preprocessing | undefined;
  /** Who decided each setting of it. */
  readonly preprocessingSources: PreprocessingSources | undefined;
  /** Names of all values, possible choices for `layer`. */
  readonly values: readonly string[];
}

/**
 * A model, loaded once, that explains many images. Its calls run one at a time; several explainers may work at once, and
 * their runs take turns.
 *
 * @example
 * const explainer = await Explainer.load('resnet50.onnx', { labels: 'imagenet.txt' });
 * const explanation = await explainer.explain('cat.jpg', { method: 'layercam' });
 * await writeFile('cat.layercam.png', await toPNG(explanation));
 * await explainer.close();
 */
export class Explainer {
  /** Class names by index; empty if the model has none. */
  readonly labels: readonly string[];
  readonly info: ModelInfo;
  /** The files read: the model, and its weights, labels and settings beside it. */
  readonly files: readonly (string | URL)[];
  /** Warnings about the model, e.g. labels in its files that do not fit. */
  readonly warnings: readonly string[];
  /** Number of threads that run the model, with a reason if it is one although more were requested. */
  readonly threads: Threads;
  readonly #model: LoadedModel;
  readonly #network: ReturnType<typeof networkSlot>;
  #closing: Promise<void> | undefined;
  /** Calls take turns, since they share sessions. */
  readonly #turns = turns();

  private constructor(model: LoadedModel) {
    const { source, labels, preprocessing, preprocessingSources } = model;
    const { graph, opsets } = source.model;
    this.#model = model;
    this.#network = networkSlot(model);
    this.labels = labels.names;
    this.files = source.files;
    this.threads = model.threads;
    this.warnings = model.warnings;
    this.info = {
      inputs: graph.inputs.map(portOf),
      outputs: graph.outputs.map(portOf),
      opset: opsets.get('') ?? 1,
      preprocessing,
      preprocessingSources,
      values: [
        ...graph.inputs.map(({ name }) => name),
        ...graph.nodes.flatMap(({ outputs }) => outputs.filter(Boolean)),
      ],
    };
  }

  /**
   * Loads a model: a path, a name, a URL, a file, Blob or bytes, or the built-in model by default (the 1,000 classes of
   * ImageNet). Names are those of `KNOWN_MODELS` (`mobilenetv2`), and `hf:owner/name[@revision][:file]` for repositories of
   * the Hugging Face Hub; they are downloaded once. Finds labels and preprocessing of a Hugging Face export beside the
   * model.
   *
   * @example
   * const explainer = await Explainer.load('resnet50.onnx', { labels: 'imagenet.txt' });
   * const another = await Explainer.load('mobilenetv2');
   * @throws {CamError} BAD_MODEL when it cannot be read.
   * @throws {CamError} UNSUPPORTED_MODEL when it has no input.
   * @throws {CamError} BAD_LABELS when the labels cannot be read.
   * @throws {CamError} BAD_OPTION when an option is unknown, malformed, or contradicts the model.
   * @throws {CamError} NOT_DOWNLOADED when it would have to be downloaded, but `offline` is set.
   * @throws {CamError} DOWNLOAD, BAD_CHECKSUM, OUTPUT or ABORTED when it cannot be downloaded.
   */
  static async load(model?: ModelInput, options: LoadOptions = {}): Promise<Explainer> {
    checkOptions(options, 'load');
    return new Explainer(await loadEverything(model, options));
  }

  /**
   * Explains one target by one method: where did the model look? The image is a path or URL, encoded bytes (including
   * `.npy`), a Blob, pixels, a canvas, or a tensor; only `class-visualization` needs none.
   *
   * @example
   * const { heatmap, target } = await explainer.explain('cat.jpg', { method: 'layercam', class: 'tabby' });
   * console.log(target.label, target.probability, heatmap.width, heatmap.height);
   * @throws {CamError} the codes of `explainAll`, also when the method cannot explain this model or image.
   */
  async explain(image: ImageInput | undefined, options: ExplainOptions = {}): Promise<Answer> {
    checkOptions(options, 'explain');
    requireSingle(options);
    const { explanations, failures, ...report } = await this.#explainAll(image, options);
    if (failures.length > 0) throw failures[0].error;
    return { ...explanations[0], ...report };
  }

  /**
   * Explains several methods and targets of one image in one forward pass. Methods that fail are reported in
   * `failures`; the other results are unaffected.
   *
   * @example
   * const { explanations, failures } = await explainer.explainAll('cat.jpg', {
   *   method: ['gradcam', 'layercam'],
   *   top: 3,
   * });
   * @throws {CamError} BAD_IMAGE or BAD_TENSOR when the image cannot be read or does not fit the model.
   * @throws {CamError} BAD_OPTION, BAD_TARGET, UNKNOWN_METHOD, UNKNOWN_LAYER or UNKNOWN_CLASS for an invalid option.
   * @throws {CamError} UNSUPPORTED_MODEL or RUNTIME when the model cannot run.
   * @throws {CamError} ABORTED (`name` is `AbortError`) when `signal` is aborted.
   */
  async explainAll(image: ImageInput | undefined, options: ExplainOptions = {}): Promise<ExplainReport> {
    checkOptions(options, 'explain');
    return this.#explainAll(image, options);
  }

  #explainAll(image: ImageInput | undefined, given: ExplainOptions): Promise<ExplainReport> {
    const { signal, onProgress } = given;
    // A run that an abort finds under way ends later, unseen.
    const options = {
      ...withPreset(this.#model.options, given),
      onProgress: onProgress && ((progress) => !signal?.aborted && onProgress(progress)),
    } satisfies ExplainOptions;
    return this.#inTurn(signal, async () => {
      const call = readCall(options, this.labels, image !== undefined);
      const watch = stopwatch();
      const prepared = await watch.time('decode', () => prepareInput(this.#model, image, options.maxPixels));
      const context = await contextFor(this.#model, this.#network, prepared, options, watch);
      const before = { ...context.network.runs };
      const steps = await explainSteps(call, prepared, options, context);
      const { runs } = context.network;
      const { preprocessing, preprocessingSources } = this.info;
      return {
        ...steps,
        confident: isConfident(steps.prediction, this.#model.source.unsureBelow),
        ...(prepared.image.picture || prepared.blank
          ? { preprocessing, preprocessingSources }
          : { preprocessing: undefined, preprocessingSources: undefined }),
        timings: watch.timings,
        runs: {
          forward: runs.forward - before.forward,
          backward: runs.backward - before.backward,
          head: runs.head - before.head,
        },
      };
    });
  }

  /**
   * The best classes of an image, best first, without explanations; empty if the output is not a vector of classes.
   *
   * @example
   * const [best] = await explainer.predict('cat.jpg');
   * console.log(best.label, best.probability);
   * @throws {CamError} BAD_IMAGE, BAD_TENSOR, BAD_OPTION, UNSUPPORTED_MODEL, RUNTIME or ABORTED as in `explainAll`.
   */
  async predict(image: ImageInput, options: PredictOptions = {}): Promise<ClassScore[]> {
    checkOptions(options, 'predict');
    return this.#inTurn(options.signal, async () => {
      if (image === undefined) throw noImage('predict()');
      const prepared = await prepareInput(this.#model, image, options.maxPixels);
      const { network, input, others, labels } = await contextFor(
        this.#model,
        this.#network,
        prepared,
        options,
        stopwatch(),
      );
      const { output, names } = explainedOutputOf(
        network,
        input,
        [options.output ?? []].flat(),
        labels,
        withPreset(this.#model.options, options),
      );
      const plan = planFor(network, { input, output, methods: [], options: {} });
      const pass = await runForward(network, plan, prepared, others);
      const ranking = rankingOf(pass, names);
      requireFinite(pass, ranking);
      return ranking.best(options.top ?? PREDICTED);
    });
  }

  /**
   * Frees the runtime's memory; the explainer is unusable afterwards. A call that runs ends first, and calls that wait for
   * their turn are rejected.
   */
  async close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#turns.dismiss(closedError());
      this.#closing = this.#turns.take(() => this.#network.close());
    }
    await this.#closing;
  }

  /** `await using explainer = …` closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * @throws {CamError} RUNTIME when the explainer is closed.
   * @throws {CamError} ABORTED as soon as the signal is aborted.
   */
  #inTurn<Result>(signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
    if (this.#closing) throw closedError();
    return this.#turns.take(() => blamingSize(this.#model.options, work), signal);
  }
}

/** Whether the best class has the probability that the model asks for; undefined if either is unknown. */
function isConfident([best]: readonly ClassScore[], unsureBelow: number | undefined): boolean | undefined {
  if (best?.probability === undefined || unsureBelow === undefined) return undefined;
  return best.probability >= unsureBelow;
}

const closedError = (): CamError =>
  new CamError('RUNTIME', 'This explainer is closed. Load the model again.');
