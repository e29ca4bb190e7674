import { Emitter, type Ref } from '../../src/onnx/emitter.ts';
import { normal } from '../helpers/random.ts';

/** Small networks of the kinds whose outputs are not one score per class. All take `image` [N, 3, 6, 8]. */
export const IMAGE = [1, 3, 6, 8] as const;

class Builder extends Emitter {
  readonly #draw = normal(11);

  weights(...dims: number[]): Ref {
    const size = dims.reduce((a, b) => a * b, 1);
    return this.constant(
      'float32',
      dims,
      Float32Array.from({ length: size }, () => 0.5 * this.#draw()),
    );
  }

  conv(x: Ref, from: number, to: number, kernel: number): Ref {
    const pad = (kernel - 1) / 2;
    return this.op('Conv', [x, this.weights(to, from, kernel, kernel), this.weights(to)], {
      pads: [pad, pad, pad, pad],
    });
  }

  /** [N, channels, 6, 8], smooth, so that finite differences meet no corner. */
  features(channels: number, batch: number | string = 'N'): Ref {
    const image = this.input('image', 'float32', [batch, ...IMAGE.slice(1)]);
    return this.tanh(this.conv(image, 3, channels, 3));
  }
}

const build = (make: (e: Builder) => void): Uint8Array => {
  const e = new Builder('v');
  make(e);
  return e.bytes();
};

/** [N, 4, 6, 8]: a score per class and pixel. */
export const segmentation = (): Uint8Array =>
  build((e) => e.output(e.conv(e.features(5), 5, 4, 1), 'logits'));

/** [1, 48, 7]: per place a box of 4, an objectness and 2 classes, as YOLOX writes it. */
export const detection = (): Uint8Array =>
  build((e) => {
    const maps = e.conv(e.features(5, 1), 5, 7, 1);
    e.output(e.transpose(e.reshape(maps, [1, 7, 48]), [0, 2, 1]), 'detections');
  });

/** [1, 7, 6, 8]: objectness, box and classes as channels, as FastestDet writes it. */
export const detectionMap = (): Uint8Array =>
  build((e) => e.output(e.sigmoid(e.conv(e.features(5, 1), 5, 7, 1)), 'map'));

/** Answers [N, 3] to an image and the token ids of a question, int64 [N, L]. */
export const questionAnswering = (): Uint8Array =>
  build((e) => {
    const seen = e.op('Flatten', [e.op('GlobalAveragePool', [e.features(4)])]);
    const ids = e.input('question', 'int64', ['N', 'L']);
    const asked = e.reduceMean(e.gather(e.weights(10, 4), ids, 0), [1], false);
    e.output(e.op('MatMul', [e.mul(seen, asked), e.weights(4, 3)]), 'answers');
  });

/** An embedding [N, 4]. */
export const embedding = (): Uint8Array =>
  build((e) => e.output(e.op('Flatten', [e.op('GlobalAveragePool', [e.features(4)])]), 'embedding'));

/** A best class that is an index, scores [N, 3] that end in Softmax, and boxes [N, 2, 2]. */
export const twoOutputs = (): Uint8Array =>
  build((e) => {
    const seen = e.op('Flatten', [e.op('GlobalAveragePool', [e.features(4)])]);
    const logits = e.op('MatMul', [seen, e.weights(4, 3)]);
    e.output(e.op('ArgMax', [logits], { axis: 1, keepdims: 0 }), 'best');
    e.output(e.op('Softmax', [logits], { axis: 1 }), 'scores');
    e.output(e.reshape(e.op('MatMul', [seen, e.weights(4, 4)]), [-1, 2, 2]), 'boxes');
  });
