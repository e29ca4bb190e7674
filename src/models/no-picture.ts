import { badOption, CamError } from '../errors.ts';
import { shapeText } from '../network/inputs.ts';
import type { Model, ValueInfo } from '../onnx/model.ts';

/** The error for an input that does not take a picture, with advice. */
export function noPicture({ name, dims }: ValueInfo, model: Model): CamError {
  const foreign = foreignOperators(model);
  if (foreign.length > 0) {
    return new CamError(
      'UNSUPPORTED_MODEL',
      `The model's input "${name}" ${shapeText(dims)} is not an image, and onnxruntime-web lacks some of the model's operators: ${foreign.join(', ')}. Export the network without its pre- and postprocessing.`,
    );
  }
  if (dims === undefined) {
    return badOption(
      'preprocessing.width',
      `The model does not declare the shape of its input "${name}". Set \`preprocessing.width\` and \`preprocessing.height\`, and \`preprocessing.layout\` and \`preprocessing.channels\` unless they are nchw and rgb. Or pass a .npy tensor.`,
    );
  }
  return new CamError(
    'UNSUPPORTED_MODEL',
    `The model's input "${name}" ${shapeText(dims)} is not an image. Pass a .npy tensor of that shape.`,
  );
}

/** Operator domains of onnxruntime; a model may also define functions. */
const DOMAINS = /^(ai\.onnx(\.\w+)*|com\.microsoft(\.(nchwc|experimental|dml))?|com\.ms\.internal\.nhwc)$/;

function foreignOperators({ graph, functions }: Model): string[] {
  const domain = (op: string) => op.slice(0, op.lastIndexOf('.'));
  const used = new Set(graph.nodes.map(({ op }) => op));
  return [...used].filter((op) => op.includes('.') && !DOMAINS.test(domain(op)) && !functions.has(op));
}
