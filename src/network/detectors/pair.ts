import { isFloat } from '../../onnx/data-type.ts';
import { OPERATORS } from '../../operators/index.ts';
import type { Network } from '../network.ts';
import { DEFAULT_THRESHOLD, type Detector, type InputSize } from './detector.ts';

const BOX_NAMES = /box|bbox|\bloc/i;
const SCORE_NAMES = /score|conf|prob|logit|cls|class/i;
const LABEL_NAMES = /label|class|cls|categor/i;

/** Boxes [M, 4], scores [M] or [M, C] and perhaps labels [M] in outputs of their own, with or without a batch axis. */
export function pairAt(
  network: Network,
  output: string,
  input: InputSize,
  labelCount: number,
): Detector | undefined {
  const { model, facts } = network;
  const shapes = model.graph.outputs.map(({ name }) => {
    const dims = facts.dims.get(name) ?? [];
    return {
      name,
      dims: dims[0] === 1 && dims.length > 1 ? dims.slice(1) : dims,
      float: isFloat(facts.types.get(name)),
    };
  });
  const boxes = shapes.find(
    ({ name, dims, float }) => float && BOX_NAMES.test(name) && dims.length === 2 && dims[1] === 4,
  );
  if (!boxes) return undefined;
  const [candidates] = boxes.dims;
  const same = shapes.filter(({ dims }) => dims.length > 0 && dims[0] === candidates);
  const scores = same.find(({ name, float }) => float && name !== boxes.name && SCORE_NAMES.test(name));
  if (!scores || scores.dims.length > 2) return undefined;
  const labels = same.find(
    ({ name, dims }) => name !== scores.name && LABEL_NAMES.test(name) && dims.length === 1,
  );
  if (![boxes.name, scores.name, labels?.name].includes(output)) return undefined;
  const [, classes = 1] = scores.dims;
  if (classes > 1 && labels) return undefined;
  return {
    candidates,
    classes: labels ? undefined : classes,
    form: 'corners',
    boxes: { output: boxes.name, step: 4, jump: 1, first: 0 },
    scores: { output: scores.name, step: classes, jump: 1, first: 0 },
    ...(labels && { labels: { output: labels.name, step: 1, jump: 1, first: 0 } }),
    background: classes > 1 && labelCount !== classes && endsInSoftmax(network, scores.name),
    threshold: DEFAULT_THRESHOLD,
    input,
  };
}

function endsInSoftmax({ flow }: Network, value: string): boolean {
  const end = flow.producer(flow.source(value, ({ op }) => OPERATORS.get(op)?.passes !== undefined));
  return end !== undefined && OPERATORS.get(end.op)?.link === 'softmax';
}
