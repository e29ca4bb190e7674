import { QUANTIZED_RANGE } from '../onnx/data-type.ts';
import type { Flow } from '../onnx/flow.ts';
import type { Facts, Model } from '../onnx/model.ts';
import { OPERATORS } from '../operators/index.ts';
import { nodeViewOf, valueFacts } from './context.ts';

/** What the numbers q of a quantized value stand for: scale·(q − zero). */
export interface StepSize {
  readonly scale: number;
  readonly zero: number;
}

/** The step size of a quantized value that the model computes; undefined for others, and if it follows the image. */
export function stepSizeOf(model: Model, facts: Facts, flow: Flow, name: string): StepSize | undefined {
  const type = facts.types.get(name);
  const node = flow.producer(name);
  if (!type || !(type in QUANTIZED_RANGE) || !node) return undefined;
  const values = valueFacts(model, facts);
  const result = OPERATORS.get(node.op)?.result?.(nodeViewOf(model, node, values));
  if (!result) {
    // Only moved: reshaped, split, gathered.
    const from = node.inputs.find((input) => facts.types.get(input) === type);
    return from === undefined ? undefined : stepSizeOf(model, facts, flow, from);
  }
  const single = (at: number | undefined, otherwise: number) => {
    const input = at === undefined ? '' : node.inputs[at];
    const numbers = input ? values.constant(input) : [otherwise];
    return numbers?.length === 1 ? numbers[0] : undefined;
  };
  const [scale, zero] = [single(result.scale, 1), single(result.zero, 0)];
  return scale === undefined || zero === undefined ? undefined : { scale, zero };
}
