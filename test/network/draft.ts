import { Network } from '../../src/network/network.ts';
import { Emitter, type Ref } from '../../src/onnx/emitter.ts';
import { readModel } from '../../src/onnx/read.ts';
import { type FloatTensor, floatTensor, sizeOf } from '../../src/runtime/tensor.ts';
import { uniform } from '../helpers/random.ts';

/** Small layers to build networks from, with weights drawn at random; every method returns the name of its result. */
export class Draft {
  readonly e: Emitter = new Emitter('v');
  readonly #draw = uniform(1);

  weights(...dims: number[]): Ref {
    return this.e.constant(
      'float32',
      dims,
      Array.from({ length: sizeOf(dims) }, () => this.#draw() - 0.5),
    );
  }
  conv(
    x: Ref,
    from: number,
    to: number,
    { kernel = 3, stride = 1 }: { kernel?: number; stride?: number } = {},
  ): Ref {
    const pad = kernel % 2 === 1 ? (kernel - 1) / 2 : 0;
    return this.e.op('Conv', [x, this.weights(to, from, kernel, kernel)], {
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    });
  }
  relu(x: Ref): Ref {
    return this.e.op('Relu', [x]);
  }
  linear(x: Ref, from: number, to: number): Ref {
    return this.e.add(this.e.op('MatMul', [x, this.weights(from, to)]), this.weights(to));
  }
  norm(x: Ref, channels: number): Ref {
    return this.e.op('LayerNormalization', [x, this.weights(channels), this.weights(channels)]);
  }
  /** Layer normalization in single steps, as exported before opset 17. */
  oldNorm(x: Ref, channels: number): Ref {
    const { e } = this;
    const centered = e.sub(x, e.reduceMean(x, [-1]));
    const deviation = e.sqrt(e.add(e.reduceMean(e.pow(centered, 2), [-1]), 1e-5));
    return e.add(e.mul(e.div(centered, deviation), this.weights(channels)), this.weights(channels));
  }
  /** Self-attention in [B, T, C]: queries, keys and values from `x`, or the queries from elsewhere. */
  attention(
    x: Ref,
    [batch, tokens, channels]: readonly [number, number, number],
    heads = 2,
    queries: Ref = x,
  ): Ref {
    const { e } = this;
    const part = (from: Ref, count: number) => {
      const shape = [batch, count, heads, channels / heads];
      return e.transpose(e.reshape(this.linear(from, channels, channels), shape), [0, 2, 1, 3]);
    };
    const count = queries === x ? tokens : 1;
    const scores = e.op('MatMul', [part(queries, count), e.transpose(part(x, tokens), [0, 1, 3, 2])]);
    const mixed = e.op('MatMul', [e.op('Softmax', [scores], { axis: -1 }), part(x, tokens)]);
    const joined = e.reshape(e.transpose(mixed, [0, 2, 1, 3]), [batch, count, channels]);
    return this.linear(joined, channels, channels);
  }
  /** A block of a vision transformer: x + attention(norm(x)), then the same with an MLP. */
  block(
    x: Ref,
    tokens: number,
    channels: number,
    norm: (x: Ref) => Ref = (y) => this.norm(y, channels),
  ): Ref {
    const first = norm(x);
    this.norms.push(first);
    const mid = this.e.add(x, this.attention(first, [1, tokens, channels]));
    return this.e.add(mid, this.linear(this.relu(this.linear(norm(mid), channels, 8)), 8, channels));
  }
  /** The first norm of every block. */
  readonly norms: Ref[] = [];
  /** Means over all positions, and a linear head of three classes. */
  head(x: Ref, channels: number, axes: readonly number[]): Ref {
    return this.linear(this.e.reduceMean(x, axes, false), channels, 3);
  }
}

export interface Opened {
  readonly network: Network;
  readonly image: FloatTensor;
}

/** Opens the network that was built on an image of that shape; the input is "x" and the output "y". */
export async function open(
  draft: Draft,
  output: Ref,
  image: FloatTensor,
  opset: ReadonlyMap<string, number> = new Map([
    ['', 18],
    ['com.microsoft', 1],
  ]),
): Promise<Opened> {
  draft.e.output(output, 'y');
  const network = await Network.open(readModel(draft.e.bytes(opset, 8)), { x: image }, {});
  return { network, image };
}

/** [1, 2, H, W]: every pixel holds its row and its column. */
export function positions(height: number, width: number): FloatTensor {
  const size = height * width;
  const data = Float32Array.from({ length: 2 * size }, (_, at) =>
    at < size ? Math.floor(at / width) : at % width,
  );
  return floatTensor([1, 2, height, width], data);
}
