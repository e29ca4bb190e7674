import { CamError } from '../errors.ts';
import { fittingLabels, type Labels } from '../models/labels.ts';
import type { Network } from '../network/network.ts';
import { type ClassOutput, classOutput, outputNamed } from '../network/output.ts';
import { isFloat } from '../onnx/data-type.ts';
import type { ExplainOptions, OutputInfo } from '../types.ts';

type OutputOptions = Pick<ExplainOptions, 'outputKind' | 'activation'>;

/** The explained output, with the labels of its classes. */
export interface ExplainedOutput {
  readonly output: ClassOutput;
  readonly names: readonly string[];
  readonly note: string | undefined;
}

/**
 * The output of a call: the named one, the one that the labels fit, or the first float output.
 * @throws {CamError} BAD_TARGET when the call names several outputs.
 * @throws {CamError} BAD_LABELS when labels from the caller do not fit its classes.
 */
export function explainedOutputOf(
  network: Network,
  input: string,
  names: readonly string[],
  labels: Labels,
  options: OutputOptions,
): ExplainedOutput {
  const { model, facts } = network;
  const [named, ...more] = new Set(names.map((one) => outputNamed(model, facts, one)));
  if (more.length > 0) {
    throw new CamError(
      'BAD_TARGET',
      `A call explains one output, but this one names "${named}" and "${more.join('", "')}". Explain them in separate calls.`,
      { option: 'output' },
    );
  }
  const count = labels.names.length;
  const first = outputNamed(model, facts);
  const name = named ?? labeledOutput(network, input, first, count);
  const output = outputAt(network, input, name, count, options);
  if (output.kind === 'values') return { output, names: namesOfValues(labels, output), note: undefined };
  if (!hasLabels(output)) return { output, names: labels.names, note: undefined };
  const fitting = fittingLabels(labels, output.classes, name);
  const chosen = named === undefined && name !== first;
  const note = chosen
    ? `"${name}" is explained instead of "${first}": the ${count} labels fit it.`
    : fitting.note;
  return { output, names: fitting.names, note };
}

/** Whether there is one label for each class. Candidates may name their classes, and three axes may hold anything. */
const hasLabels = ({ kind, dims, detector }: ClassOutput): boolean =>
  kind === 'detections' ? detector?.classes !== undefined : dims.length !== 3;

/** Labels of values: those of a model's files may be of another network. */
const namesOfValues = ({ names }: Labels, { classes, positions }: ClassOutput): readonly string[] =>
  positions === 1 && names.length === classes ? names : [];

/** The first output with as many classes as there are labels. */
function labeledOutput(network: Network, input: string, first: string, labels: number): string {
  const { model, facts } = network;
  const fits = (name: string) => outputAt(network, input, name, labels, {}).classes === labels;
  if (labels === 0) return first;
  const scores = model.graph.outputs.map(({ name }) => name).filter((name) => isFloat(facts.types.get(name)));
  return [first, ...scores].find(fits) ?? first;
}

/** An output's classes. */
export const outputAt = (
  network: Network,
  input: string,
  name: string,
  labels: number,
  { outputKind: kind, activation }: OutputOptions,
): ClassOutput =>
  network.once(['output', input, name, kind, activation, labels], () =>
    classOutput(network, input, name, { kind, activation, labels }),
  );

/** The output, for the report of a call. */
export const outputInfo = (
  { name, kind, shape, activation }: ClassOutput,
  note: string | undefined,
): OutputInfo => ({
  name,
  kind,
  dims: shape,
  activation: activation === 'identity' ? null : activation,
  note,
});
