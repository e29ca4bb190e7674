import { isFloat } from '../../onnx/data-type.ts';
import { layoutOfInput } from '../input-layout.ts';
import type { Network } from '../network.ts';
import type { Detector, DetectorEvidence } from './detector.ts';
import { mapAt } from './map.ts';
import { pairAt } from './pair.ts';
import { rowsAt } from './rows.ts';

/**
 * Recognizes a detector from its outputs: boxes and scores side by side, end-to-end rows of six numbers, candidates over
 * the cells of a pyramid, whose number follows from the input's size, or a map of one scale. Undefined for other outputs.
 */
export function detectorAt(
  network: Network,
  input: string,
  output: string,
  evidence: DetectorEvidence,
): Detector | undefined {
  const { model, facts } = network;
  const image = layoutOfInput(model, input, facts.dims.get(input));
  if (image?.form !== 'image') return undefined;
  const pair = pairAt(network, output, image, evidence.labels);
  if (pair || !isFloat(facts.types.get(output))) return pair;
  return rowsAt(facts.dims.get(output) ?? [], output, image, evidence) ?? mapAt(network, output, image);
}
