import { suite } from 'uvu';
import { Emitter, type Ref } from '../../src/onnx/emitter.ts';
import { readModel } from '../../src/onnx/read.ts';
import { makeTensor } from '../../src/onnx/tensor.ts';
import { fields, MessageWriter } from '../../src/onnx/wire.ts';
import { floatTensor, type Tensor } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { differentiate } from './differentiate.ts';
import { rewired } from './rewrite.ts';

const test = suite('the walk back');

const X = [1, -2, 3, 0.5];

/** A network of one input [1, 4], built by `body`, and its gradients by `wrt` from `output`. */
async function gradients(
  wrt: readonly string[],
  body: (e: Emitter, x: Ref) => void,
  { output = 'y', change = (bytes: Uint8Array) => bytes } = {},
): Promise<number[][]> {
  const e = new Emitter('v');
  body(e, e.input('x', 'float32', [1, 4]));
  e.outputValue('y');
  const bytes = change(e.bytes(new Map([['', 18]]), 8));
  const feeds: Record<string, Tensor> = { x: floatTensor([1, 4], Float32Array.from(X)) };
  const found = await differentiate(bytes, feeds, { output, wrt });
  return found.gradients.map(({ data }) => [...data]);
}

test('a value that is used several times, twice by one node, collects every way', async () => {
  // y = x·x + 3x
  const [dx] = await gradients(['x'], (e, x) => e.alias(e.add(e.mul(x, x), e.mul(x, 3)), 'y'));
  assert.equal(
    dx,
    X.map((v) => 2 * v + 3),
  );
});

test('a layer on the path to another has its whole gradient', async () => {
  // a = 2x, b = a², y = b + a
  const [da, db, dx] = await gradients(['a', 'b', 'x'], (e, x) => {
    e.alias(e.mul(x, 2), 'a');
    e.alias(e.mul('a', 'a'), 'b');
    e.alias(e.add('b', 'a'), 'y');
  });
  assert.equal(
    da,
    X.map((v) => 4 * v + 1),
  );
  assert.equal(db, [1, 1, 1, 1]);
  assert.equal(
    dx,
    X.map((v) => 8 * v + 2),
  );
});

test('a layer with a zero gradient has its own cotangent, next to that of an earlier layer', async () => {
  // a = 2x, b = sign a, y = 3a + 5b
  const [da, db] = await gradients(['a', 'b'], (e, x) => {
    e.alias(e.mul(x, 2), 'a');
    e.alias(e.op('Sign', ['a']), 'b');
    e.alias(e.add(e.mul('a', 3), e.mul('b', 5)), 'y');
  });
  assert.equal(da, [3, 3, 3, 3]);
  assert.equal(db, [5, 5, 5, 5]);
});

test('a tensor without elements adds nothing, such as the masks of a detector without masks', async () => {
  // y = rows 3, 0 and 3 of 3x [4, 1], next to the same rows of nothing [4, 0]
  const [dx] = await gradients(['x'], (e, x) => {
    const rows = e.constant('int64', [3], [3, 0, 3]);
    const [all, none] = e.split(e.reshape(e.mul(x, 3), [4, 1]), [1, 0], 1);
    e.alias(e.concat([e.gather(all, rows, 0), e.gather(e.mul(none, 2), rows, 0)], 1), 'y');
  });
  assert.equal(dx, [3, 0, 0, 6]);
});

test('the output by itself is 1', async () => {
  const [dy, dx] = await gradients(['y', 'x'], (e, x) => e.alias(e.mul(x, 5), 'y'));
  assert.equal(dy, [1, 1, 1, 1]);
  assert.equal(dx, [5, 5, 5, 5]);
});

test('an empty part of a value gets nothing', async () => {
  const [dx] = await gradients(['x'], (e, x) => {
    const [none, all] = e.split(x, [0, 4], 1);
    e.alias(e.mul(e.concat([none, all], 1), 2), 'y');
  });
  assert.equal(dx, [2, 2, 2, 2]);
});

test('shapes computed from the input are not differentiated', async () => {
  // y = x·2 broadcast by a shape that is put together from x's own
  const [dx] = await gradients(['x'], (e, x) => {
    const shape = e.op('Shape', [x]);
    const size = e.op('Gather', [shape, e.constant('int64', [], [1])], { axis: 0 });
    const steps = e.op('Range', [e.constant('int64', [], [0]), size, e.constant('int64', [], [1])]);
    const ramp = e.op('Cast', [steps], { to: 1 });
    const fill = e.op('ConstantOfShape', [shape]);
    e.alias(e.add(e.mul(x, ramp), fill), 'y');
  });
  assert.equal(dx, [0, 1, 2, 3]);
});

test('a choice by the data itself is kept as it was made', async () => {
  const [dx] = await gradients(['x'], (e, x) =>
    e.alias(e.where(e.greater(x, 0), e.mul(x, 2), e.mul(x, x)), 'y'),
  );
  assert.equal(
    dx,
    X.map((v) => (v > 0 ? 2 : 2 * v)),
  );
});

test('values rounded to integers are constants from there on', async () => {
  // y = x·float(int(x))
  const [dx] = await gradients(['x'], (e, x) =>
    e.alias(e.mul(x, e.cast(e.cast(x, 'int32'), 'float32')), 'y'),
  );
  assert.equal(
    dx,
    X.map((v) => Math.trunc(v) + 0),
  );
});

test('nodes need not be in running order', async () => {
  const turned = (bytes: Uint8Array) => {
    const { graph } = readModel(bytes);
    const e = new Emitter('t');
    for (const { name, dims } of graph.inputs) e.input(name, 'float32', dims!);
    for (const tensor of graph.initializers.values()) e.initializer(tensor);
    for (const node of graph.nodes.toReversed()) e.copyNode(node.proto);
    e.outputValue('y');
    return e.bytes(new Map([['', 18]]), 8);
  };
  const [dx] = await gradients(
    ['x'],
    (e, x) => {
      e.alias(e.mul(x, 3), 'a');
      e.alias(e.mul('a', x), 'y');
    },
    { change: turned },
  );
  assert.equal(
    dx,
    X.map((v) => 6 * v),
  );
});

test('a recurrent layer without its sequence of states is run again', async () => {
  const weights = (name: string, dims: readonly number[]) =>
    makeTensor(
      name,
      'float32',
      dims,
      Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + dims.length)),
    );
  const lstm = (left: boolean) => (e: Emitter, x: Ref) => {
    const inputs = [
      e.reshape(x, [4, 1, 1]),
      e.initializer(weights('w', [1, 8, 1])),
      e.initializer(weights('r', [1, 8, 2])),
    ];
    const inner = new Emitter('l');
    const names = inner.op('LSTM', inputs, { hidden_size: 2 }, 3);
    const [node] = readModel(inner.bytes()).graph.nodes;
    e.copyNode(rewired(node, inputs, left ? ['', ...names.slice(1)] : names));
    e.alias(names[1], 'y');
  };
  const [[without], [whole]] = [await gradients(['x'], lstm(true)), await gradients(['x'], lstm(false))];
  assert.ok(whole.every((v) => v !== 0));
  whole.forEach((v, i) => assert.ok(Math.abs(v - without[i]) < 1e-6));
});

test('functions of a model are named as the obstacle', async () => {
  const withFunction = (bytes: Uint8Array): Uint8Array => {
    const io = (writer: MessageWriter, from: string, to: string) => writer.string(4, from).string(5, to);
    const twice = new MessageWriter().string(1, 'a').string(1, 'a').string(2, 'b').string(4, 'Add');
    const made = io(new MessageWriter().string(1, 'Twice'), 'a', 'b').message(7, twice);
    made.message(9, new MessageWriter().string(1, '').int(2, 18)).string(10, 'mine');
    const call = new MessageWriter().string(1, 'x').string(2, 'y').string(4, 'Twice').string(7, 'mine');
    const out = new MessageWriter();
    for (const field of fields(bytes)) {
      if (field.id === 7) out.message(7, new MessageWriter().message(1, call).raw(field.bytes));
      else if (field.wire === 2) out.bytesField(field.id, field.bytes);
      else out.int(field.id, field.number);
    }
    return out.message(8, new MessageWriter().string(1, 'mine').int(2, 1)).message(25, made).bytes();
  };
  try {
    await gradients(['x'], () => undefined, { change: withFunction });
  } catch (error) {
    assert.match((error as Error).message, /"y" is mine\.Twice .* a function of the model/);
    return;
  }
  assert.unreachable('no error');
});

test('a branch that captures the value stops the gradient with an error', async () => {
  // if (true) y = 2x else y = x: only the branches name x.
  const branch = (op: string) => {
    const node = new MessageWriter().string(1, 'x').string(2, `b${op}`).string(4, op);
    if (op === 'Add') node.string(1, 'x');
    return new MessageWriter()
      .message(1, node)
      .string(2, op)
      .message(12, new MessageWriter().string(1, `b${op}`));
  };
  const attribute = (name: string, op: string) =>
    new MessageWriter().string(1, name).message(6, branch(op)).int(20, 5);
  const node = new MessageWriter().string(1, 'c').string(2, 'y').string(3, 'choice').string(4, 'If');
  node.message(5, attribute('then_branch', 'Add')).message(5, attribute('else_branch', 'Identity'));
  try {
    await gradients(['x'], (e) => {
      e.initializer(makeTensor('c', 'bool', [], [1]));
      e.copyNode(node.bytes());
    });
  } catch (error) {
    assert.match((error as Error).message, /choice.*If/s);
    return;
  }
  assert.unreachable('a gradient came out of an If');
});

test.run();
