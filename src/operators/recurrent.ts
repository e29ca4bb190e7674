import type { Emitter, Ref } from '../onnx/emitter.ts';
import { axisOf, unknownAxes } from './axes.ts';
import type { AxesRule } from './axis-rules.ts';
import type { Context, Cotangent, Operator } from './operator.ts';

/** One direction of a recurrent layer: T steps, B sequences, H hidden units. */
interface Direction {
  readonly c: Context;
  readonly e: Emitter;
  readonly reverse: boolean;
  readonly length: number;
  readonly batch: number;
  readonly hidden: number;
  /** [T, B, I] */
  readonly x: Ref;
  /** [G·H, I], [G·H, H]: stacked gates. */
  readonly w: Ref;
  readonly r: Ref;
  /** [G·H] each, of the input and of the recurrence; omitted if the layer has none. */
  readonly biases: readonly [Ref, Ref] | undefined;
  /** [T, B, H]: the state before every step. */
  readonly before: Ref;
  /** [T, B, H]: the state after every step. */
  readonly after: Ref;
  /** [T, B, H]: external cotangent of the state after every step. */
  readonly g: Ref;
  /** [B, H]: cotangents of the last state and the last cell. */
  readonly last: Ref;
  readonly lastCell: Ref;
  /** [B, H] */
  readonly firstCell: Ref;
}

/** Cotangents of a cell's gates before their activation [T, B, G·H], and of the states before the first step [B, H]. */
interface Unrolled {
  readonly gates: Ref;
  readonly first: Ref;
  readonly firstCell?: Ref;
}

type Cell = (d: Direction) => Unrolled;

/** From X [T, B, I] to Y [T, D, B, H] and the last states [D, B, H]. */
const unrolledAxes: AxesRule = ({ axes: [x], dims, output }) => {
  if (x?.length !== 3) return unknownAxes(dims);
  const [directions, hidden] = [
    axisOf('channel', dims[dims.length - 3]),
    axisOf('channel', dims[dims.length - 1]),
  ];
  return [...(output === 0 ? [x[0]] : []), directions, x[1], hidden];
};

/**
 * Backpropagation through time (Werbos 1990). Terms independent of later steps are computed for all steps at once; one
 * Scan carries the rest from the last step to the first.
 */
export const RECURRENT: Readonly<Record<string, Operator>> = {
  LSTM: recurrent(4, ['Sigmoid', 'Tanh', 'Tanh'], lstm),
  GRU: recurrent(3, ['Sigmoid', 'Tanh'], gru),
  RNN: recurrent(1, ['Tanh'], rnn),
};

// i, o, f = σ(…), n = tanh(…), c = f·c₋ + i·n, h = o·tanh c (Hochreiter & Schmidhuber 1997; Gers et al. 2000)
function lstm(d: Direction): Unrolled {
  const { e, hidden, reverse } = d;
  const parts = e.split(preactivations(d), [hidden, hidden, hidden, hidden], 2);
  const [i, o, f] = parts.slice(0, 3).map((part) => e.sigmoid(part));
  const n = e.tanh(parts[3]);
  const cells = e.scan([d.firstCell], [f, e.mul(i, n)], reverse, (b, [c], [keep, gain]) => {
    const next = b.add(b.mul(keep, c), gain);
    return { states: [next], results: [next] };
  }).results[0];
  const t = e.tanh(cells);
  const slopes = [
    e.mul(n, sigmoidSlope(e, i)),
    e.mul(t, sigmoidSlope(e, o)),
    e.mul(shifted(d, cells, d.firstCell), sigmoidSlope(e, f)),
    e.mul(i, tanhSlope(e, n)),
  ];
  const sequences = [d.g, f, e.mul(o, tanhSlope(e, t)), ...slopes];
  const back = e.scan([d.last, d.lastCell], sequences, !reverse, (b, [dh, dc], [g, keep, out, ...rest]) => {
    const h = b.add(g, dh);
    const c = b.add(dc, b.mul(h, out));
    const gates = b.concat(
      [c, h, c, c].map((towards, index) => b.mul(towards, rest[index])),
      1,
    );
    return { states: [b.matmul(gates, d.r), b.mul(c, keep)], results: [gates] };
  });
  return { gates: back.results[0], first: back.states[0], firstCell: back.states[1] };
}

// z, r = σ(…), h = (1 − z)·n + z·h₋ with n = tanh(… + R (r·h₋) + b) (Cho et al. 2014, arXiv:1406.1078, eq. 8); with a
// late reset, as in cuDNN, n = tanh(… + r·(R h₋ + b)).
function gru(d: Direction): Unrolled {
  const { c, e, hidden, before } = d;
  const late = c.int('linear_before_reset', 0) === 1;
  const [rGates, rNew] = e.split(d.r, [2 * hidden, hidden], 0);
  const [bGates, bNew] = d.biases ? e.split(d.biases[1], [2 * hidden, hidden], 0) : [];
  const [xz, xr, xn] = e.split(linear(e, d.x, d.w, d.biases?.[0]), [hidden, hidden, hidden], 2);
  const [hz, hr] = e.split(linear(e, before, rGates, bGates), [hidden, hidden], 2);
  const [z, r] = [e.sigmoid(e.add(xz, hz)), e.sigmoid(e.add(xr, hr))];
  const hn = linear(e, late ? before : e.mul(r, before), rNew, bNew);
  const n = e.tanh(e.add(xn, late ? e.mul(r, hn) : hn));
  const slopes = [
    e.mul(e.sub(before, n), sigmoidSlope(e, z)),
    e.mul(late ? hn : before, sigmoidSlope(e, r)),
    e.mul(e.sub(1, z), tanhSlope(e, n)),
  ];
  const back = e.scan(
    [d.last],
    [d.g, z, r, ...slopes],
    !d.reverse,
    (b, [dh], [g, keep, reset, toZ, toR, toN]) => {
      const h = b.add(g, dh);
      const forN = b.mul(h, toN);
      const product = late ? forN : b.matmul(forN, rNew); // of r with the state that it resets
      const gates = [b.mul(h, toZ), b.mul(product, toR)];
      const kept = b.mul(product, reset);
      const around = b.add(b.matmul(b.concat(gates, 1), rGates), late ? b.matmul(kept, rNew) : kept);
      return { states: [b.add(b.mul(h, keep), around)], results: [b.concat([...gates, forN], 1)] };
    },
  );
  return { gates: back.results[0], first: back.states[0] };
}

// h = tanh(…) (Elman 1990)
function rnn({ e, after, g, last, reverse, r }: Direction): Unrolled {
  const back = e.scan([last], [g, tanhSlope(e, after)], !reverse, (b, [dh], [g, slope]) => {
    const gate = b.mul(b.add(g, dh), slope);
    return { states: [b.matmul(gate, r)], results: [gate] };
  });
  return { gates: back.results[0], first: back.states[0] };
}

const sigmoidSlope = (e: Emitter, y: Ref): Ref => e.mul(y, e.sub(1, y));
const tanhSlope = (e: Emitter, y: Ref): Ref => e.sub(1, e.mul(y, y));

/** x·wᵀ + bias */
function linear(e: Emitter, x: Ref, w: Ref, bias?: Ref): Ref {
  const product = e.matmul(x, w, { transB: true });
  return bias ? e.add(product, bias) : product;
}

const preactivations = ({ e, x, w, before, r, biases }: Direction): Ref =>
  e.add(linear(e, x, w, biases?.[0]), linear(e, before, r, biases?.[1]));

/** The values before every step: those after the previous one. */
const shifted = (
  { e, reverse, length, batch, hidden }: Omit<Direction, 'before'>,
  left: Ref,
  first: Ref,
): Ref => {
  const start = e.reshape(first, [1, batch, hidden]);
  if (length === 1) return start;
  return reverse
    ? e.concat([e.slice(left, [1], [length], [0]), start], 0)
    : e.concat([start, e.slice(left, [0], [length - 1], [0])], 0);
};

/** https://onnx.ai/onnx/operators/onnx__LSTM.html and its siblings: X, W, R, B, sequence_lens, initial_h, initial_c, P. */
function recurrent(gates: number, activations: readonly string[], cell: Cell): Operator {
  return {
    axes: unrolledAxes,
    recurs: true,
    vjp: (c) => {
      const { e } = c;
      refuseVariantsOf(c, activations);
      const [length, batch, width] = c.inputDims(0);
      const [count, , hidden] = c.inputDims(2);
      const way = c.text('direction', 'forward');
      const states = c.node.outputs[0] ? c.output(0) : statesAgain(c);
      /** One direction's part of [D, …], without that axis. */
      const part = (ref: Ref, index: number, axis: number, dims: readonly number[]) =>
        e.reshape(count === 1 ? ref : e.slice(ref, [index], [index + 1], [axis]), dims);
      const line = (ref: Ref | undefined, index: number) =>
        ref ? part(ref, index, 0, [batch, hidden]) : e.zeros([batch, hidden]);
      const each = Array.from({ length: count }, (_, index) => {
        const reverse = way === 'reverse' || index === 1;
        const bias =
          c.has(3) &&
          e.split(part(c.input(3), index, 0, [2 * gates * hidden]), [gates * hidden, gates * hidden], 0);
        const g = c.cotangent(0);
        const sequence = [length, batch, hidden];
        const known = {
          c,
          e,
          reverse,
          length,
          batch,
          hidden,
          x: c.x,
          w: part(c.input(1), index, 0, [gates * hidden, width]),
          r: part(c.input(2), index, 0, [gates * hidden, hidden]),
          biases: bias ? ([bias[0], bias[1]] as const) : undefined,
          after: part(states, index, 1, sequence),
          g: g ? part(g, index, 1, sequence) : e.zeros(sequence),
          last: line(c.cotangent(1), index),
          lastCell: line(c.cotangent(2), index),
          firstCell: line(c.has(6) ? c.input(6) : undefined, index),
        };
        const before = shifted(known, known.after, line(c.has(5) ? c.input(5) : undefined, index));
        const back = cell({ ...known, before });
        return { ...back, x: e.matmul(back.gates, known.w) };
      });
      const stacked = (refs: readonly Ref[]) =>
        e.concat(
          refs.map((ref) => e.reshape(ref, [1, batch, hidden])),
          0,
        );
      const towards: Cotangent[] = c.node.inputs.map(() => null);
      if (c.wants(0)) towards[0] = each.map(({ x }) => x).reduce((a, b) => e.add(a, b));
      if (c.wants(5)) towards[5] = stacked(each.map(({ first }) => first));
      if (c.wants(6)) towards[6] = stacked(each.map(({ firstCell }) => firstCell!));
      return towards;
    },
  };
}

/** Recomputes the states of all steps, if the model keeps only the last. */
function statesAgain(c: Context): Ref {
  const inputs = c.node.inputs.map((name, index) => (name ? c.input(index) : ''));
  return c.e.op(c.node.op, inputs, {
    hidden_size: c.inputDims(2)[2],
    direction: c.text('direction', 'forward'),
    ...(c.node.op === 'GRU' && { linear_before_reset: c.int('linear_before_reset', 0) }),
  });
}

function refuseVariantsOf(c: Context, activations: readonly string[]): void {
  const given = (c.attribute('activations') ?? []) as readonly string[];
  const odd = given.find((name, index) => name !== activations[index % activations.length]);
  if (odd !== undefined) c.unsupported(`activation "${odd}"`);
  if (c.attribute('clip') !== undefined) c.unsupported('clip');
  if (c.int('input_forget', 0)) c.unsupported('input_forget');
  if (c.int('layout', 0)) c.unsupported('layout 1');
  if (c.has(4)) c.unsupported('sequence_lens');
  if (c.has(7)) c.unsupported('peepholes');
  if (c.wants(1) || c.wants(2) || c.wants(3)) c.unsupported('weights that depend on the input');
}
