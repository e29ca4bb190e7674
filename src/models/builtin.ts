import { packageFile } from '../platform/package.ts';

/** The model that comes with camwasm: see models/MODEL_CARD.md. */
export const BUILTIN_MODEL = (): URL => packageFile('models/everyday36.onnx');
