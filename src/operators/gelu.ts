import type { Emitter, Ref } from '../onnx/emitter.ts';

/** d/dx of xΦ(x), Hendrycks & Gimpel 2016, arXiv:1606.08415: Φ(x) + xφ(x). */
export function geluSlope(e: Emitter, x: Ref): Ref {
  const Φ = e.mul(0.5, e.add(1, e.op('Erf', [e.mul(x, Math.SQRT1_2)])));
  const φ = e.mul(1 / Math.sqrt(2 * Math.PI), e.exp(e.mul(-0.5, e.mul(x, x))));
  return e.add(Φ, e.mul(x, φ));
}

/** d/dx of the approximation ½x(1 + tanh u), u = √(2/π)(x + 0.044715x³). */
export function tanhGeluSlope(e: Emitter, x: Ref): Ref {
  const k = Math.sqrt(2 / Math.PI);
  const xx = e.mul(x, x);
  const t = e.tanh(e.mul(e.mul(x, k), e.add(1, e.mul(0.044715, xx))));
  const slope = e.mul(k, e.add(1, e.mul(3 * 0.044715, xx)));
  return e.mul(0.5, e.add(e.add(1, t), e.mul(e.mul(x, slope), e.sub(1, e.mul(t, t)))));
}
