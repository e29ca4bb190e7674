import { layoutOfInput } from '../input-layout.ts';
import type { Network } from '../network.ts';

/** Anchors per cell of YOLOv3 to YOLOv7. */
const LEVEL_ANCHORS = 3;
/** Numbers before the class scores: a box and an objectness. */
const HEAD = 5;
const STRIDES: ReadonlySet<number> = new Set([8, 16, 32, 64]);

/**
 * Whether an output is one of several levels of an undecoded detector: [1, 3·(5+C), H, W] or [1, 3, H, W, 5+C] at
 * strides of their own. Boxes need the sizes of the anchors, which the model does not have.
 */
export function isUndecodedLevel({ model, facts }: Network, input: string, output: string): boolean {
  const image = layoutOfInput(model, input, facts.dims.get(input));
  if (image?.form !== 'image') return false;
  const levelOf = (name: string) => {
    const dims = facts.dims.get(name) ?? [];
    const [fields, height, width] =
      dims.length === 5 && dims[1] === LEVEL_ANCHORS
        ? [dims[4], dims[2], dims[3]]
        : [dims[1] / LEVEL_ANCHORS, dims[2], dims[3]];
    const stride = image.height / height;
    const isLevel = dims[0] === 1 && dims.length >= 4 && Number.isInteger(fields) && fields > HEAD;
    return isLevel && STRIDES.has(stride) && image.width / width === stride ? { fields, stride } : undefined;
  };
  const level = levelOf(output);
  return (
    level !== undefined &&
    model.graph.outputs.some(({ name }) => {
      const other = levelOf(name);
      return other?.fields === level.fields && other.stride !== level.stride;
    })
  );
}
