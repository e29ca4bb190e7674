import { gridOf } from '../network/detectors/grid.ts';
import { layoutOfInput } from '../network/input-layout.ts';
import type { Model } from '../onnx/model.ts';
import type { PresetName } from './presets.ts';

/** YOLO exports without metadata, by the shape of their output over the cells of the input's pyramid. */
export function recognizedPreset(model: Model): PresetName | undefined {
  const [input, ...others] = model.graph.inputs;
  const [output, ...more] = model.graph.outputs;
  if (!input || !output || others.length > 0 || more.length > 0) return undefined;
  const layout = layoutOfInput(model, input.name, numeric(input.dims));
  const [, first, last, ...rest] = output.dims ?? [];
  if (layout?.form !== 'image' || rest.length > 0) return undefined;
  if (typeof first !== 'number' || typeof last !== 'number') return undefined;
  const [rows, columns] = [gridOf(first, layout), gridOf(last, layout)];
  if (columns && !rows) return 'yolov8';
  if (!rows || columns) return undefined;
  if (rows.anchors > 1) return 'yolov5';
  // A box, an objectness, and COCO's 80 classes.
  return last === 85 ? 'yolox' : undefined;
}

/** Dimensions that are all declared; undefined otherwise, except that the batch may be free. */
function numeric(dims: readonly (number | string)[] = []): number[] | undefined {
  const [batch, ...sizes] = dims;
  const known = sizes.filter((size) => typeof size === 'number');
  return known.length === sizes.length ? [typeof batch === 'number' ? batch : 1, ...known] : undefined;
}
