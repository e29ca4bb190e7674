import { builtinModel } from '../models/builtin.ts';
import { labelsOfConfig } from '../models/labels.ts';
import { readFile } from '../platform/files.ts';

export const IMAGENET_CLASSES = 1000;

/** Class names of ImageNet-1k, from the built-in model; undefined where it is not deployed, or has other classes. */
export async function imagenetLabels(): Promise<string[] | undefined> {
  try {
    const labels = labelsOfConfig(new TextDecoder().decode(await readFile(builtinModel().config)));
    return labels?.length === IMAGENET_CLASSES ? labels : undefined;
  } catch {
    return undefined;
  }
}
