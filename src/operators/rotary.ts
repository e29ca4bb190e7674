import type { Ref } from '../onnx/emitter.ts';
import { elementwise } from './axis-rules.ts';
import type { Context, Operator } from './operator.ts';

/** Rotates pairs of numbers by position-dependent angles (Su et al. 2021, arXiv:2104.09864), and cotangents back. */
export const ROTARY: Readonly<Record<string, Operator>> = {
  'com.microsoft.RotaryEmbedding': {
    axes: elementwise,
    vjp: (c) => rotatedBack(c, c.input(1), c.input(2), c.input(3)),
  },
  // without position ids, the angles are in order: [B, S, D/2]
  RotaryEmbedding: {
    axes: elementwise,
    vjp(c) {
      if (c.has(3)) return rotatedBack(c, c.input(3), c.input(1), c.input(2));
      const [batch, length, width] = c.inputDims(1);
      const positions = Array.from({ length: batch * length }, (_, i) => i);
      const flat = (index: number) => c.e.reshape(c.input(index), [batch * length, width]);
      return rotatedBack(c, c.e.constant('int64', [batch, length], positions), flat(1), flat(2));
    },
  },
};

function rotatedBack(c: Context, positions: Ref, cos: Ref, sin: Ref): Ref {
  const names = ['interleaved', 'num_heads', 'rotary_embedding_dim', 'is_packed_batching'];
  const attributes = Object.fromEntries(
    names.filter((name) => c.attribute(name) !== undefined).map((name) => [name, c.int(name, 0)]),
  );
  return c.e.op('com.microsoft.RotaryEmbedding', [c.g, positions, cos, c.e.neg(sin)], attributes);
}
