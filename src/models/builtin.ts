import { CamError } from '../errors.ts';
import type { ModelPlace } from './source.ts';

/**
 * The built-in model: models/MODEL_CARD.md.
 * @throws {CamError} BAD_MODEL when the runtime gives modules no URL.
 */
export function builtinModel(): ModelPlace {
  try {
    // Complete literal URLs let bundlers find and include the files.
    return {
      model: new URL('../../models/efficientnet-lite0.onnx', import.meta.url),
      config: new URL('../../models/config.json', import.meta.url),
      preprocessor: new URL('../../models/preprocessor_config.json', import.meta.url),
    };
  } catch (cause) {
    throw new CamError(
      'BAD_MODEL',
      'The built-in model is not available in this runtime. ' +
        'Deploy camwasm/models/efficientnet-lite0.onnx with your code and pass its bytes.',
      { cause },
    );
  }
}
