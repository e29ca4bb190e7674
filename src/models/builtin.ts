import { CamError } from '../errors.ts';
import type { ModelPlace } from './source.ts';

/**
 * The built-in model: models/MODEL_CARD.md.
 * @throws {CamError} BAD_MODEL in runtimes whose modules have no address.
 */
export function builtinModel(): ModelPlace {
  try {
    // Each address is written out, so that bundlers see it and include the file.
    return {
      model: new URL('../../models/everyday36.onnx', import.meta.url),
      config: new URL('../../models/config.json', import.meta.url),
      preprocessor: new URL('../../models/preprocessor_config.json', import.meta.url),
    };
  } catch (cause) {
    throw new CamError(
      'BAD_MODEL',
      'The built-in model cannot be found in this runtime. ' +
        'Deploy camwasm/models/everyday36.onnx with your code and pass its bytes.',
      { cause },
    );
  }
}
