import { suite } from 'uvu';
import { toTensor } from '../../src/image/preprocess.ts';
import { KERAS_MODES, type KerasMode } from '../../src/models/keras.ts';
import { preprocessingFor } from '../../src/models/preprocessing.ts';
import * as assert from '../helpers/assert.ts';

const test = suite("modes of Keras' preprocess_input");

// Bytes of one pixel, and keras.applications.imagenet_utils._preprocess_numpy_input by hand.
const [RED, GREEN, BLUE] = [250, 100, 7];
const EXPECTED: Record<KerasMode, readonly number[]> = {
  caffe: [BLUE - 103.939, GREEN - 116.779, RED - 123.68],
  tf: [RED / 127.5 - 1, GREEN / 127.5 - 1, BLUE / 127.5 - 1],
  torch: [
    (RED / 255 - 0.485) / 0.229,
    (GREEN / 255 - 0.456) / 0.224,
    (BLUE / 255 - 0.406) / 0.225,
  ],
};

const input = { name: 'x', type: 'float32', dims: ['N', 2, 2, 3], proto: new Uint8Array() } as const;
const pixel = { width: 1, height: 1, data: Uint8ClampedArray.of(RED, GREEN, BLUE, 255) };

for (const mode of Object.keys(EXPECTED) as KerasMode[]) {
  test(mode, () => {
    const { preprocessing } = preprocessingFor(input, undefined, KERAS_MODES[mode])!;
    const { data } = toTensor(pixel, preprocessing);
    EXPECTED[mode].forEach((value, c) =>
      assert.ok(Math.abs(data[c] - value) < 1e-5, `${c}: ${data[c]}, not ${value}`),
    );
  });
}

test.run();
