// Every kernel against its scalar twin: both builds, every extent from 0 to 70, unaligned offsets, with and without
// values that are not finite; and nothing is read or written beyond what the arguments say.
import { test } from 'uvu';
import { instantiate, type KernelExports } from '../../src/kernels/load.ts';
import { KERNELS_BASE64 } from '../../src/kernels/wasm.ts';
import * as assert from '../helpers/assert.ts';
import { uniform } from '../helpers/random.ts';
import { cases, type Draw } from './cases.ts';
import { compile } from './compile.ts';
import { scalarKernels } from './scalar.ts';

type Name = keyof KernelExports;
type Kernel = (...args: number[]) => void;

const names = Object.keys(cases) as Name[];
const odd = [NaN, Infinity, -Infinity, -0, 1e-42];

const memory = new WebAssembly.Memory({ initial: 4 });
const bytes = new Uint8Array(memory.buffer);
const floats = new Float32Array(memory.buffer);
const twins = scalarKernels(memory);

const release = await compile('release');
const debug = await compile('debug');
const builds = {
  release: await instantiate(memory, release),
  debug: await instantiate(memory, debug),
};

test('the inlined build is what assembly/ gives', () => {
  const current = KERNELS_BASE64 === Buffer.from(release).toString('base64');
  assert.ok(current, 'src/kernels/wasm.ts is older than assembly/: npm run build');
});

for (const [build, kernels] of Object.entries(builds)) {
  test(`${build}: every exported kernel has a twin and a case`, () => {
    assert.equal(Object.keys(kernels).sort(), [...names].sort());
    assert.equal(Object.keys(twins).sort(), [...names].sort());
  });

  for (const name of names) {
    test(`${build}: ${name} equals its twin`, () => compareAll(name, kernels, 0));
    test(`${build}: ${name} treats NaN, infinities, -0 and subnormals as its twin does`, () =>
      compareAll(name, kernels, 0.02));
  }
}

for (const wasm of [release, debug]) {
  test('the module wants a memory and leaves it alone when it starts', async () => {
    const module = await WebAssembly.compile(wasm);
    assert.equal(WebAssembly.Module.imports(module), [{ module: 'env', name: 'memory', kind: 'memory' }]);
    bytes.fill(0xa5);
    await instantiate(memory, module);
    assert.ok(bytes.every((byte) => byte === 0xa5));
  });
}

test('relu, minMax and overlay work in place', () => {
  for (const name of ['relu', 'minMax', 'overlay'] as const) {
    for (let n = 0; n <= 70; n++) {
      const [out, a, ...rest] = cases[name].draw(draw(n, 0).source, n).args;
      run(builds.release, name, [out, a, ...rest]);
      run(builds.release, name, [a, a, ...rest]);
      assert.is(Buffer.compare(bytes.slice(a, a + n * 4), bytes.slice(out, out + n * 4)), 0, `${name}(${n})`);
    }
  }
});

test.run();

function compareAll(name: Name, kernels: KernelExports, oddness: number): void {
  for (let n = 0; n <= 70; n++) {
    const { source, inputs } = draw(n, oddness);
    const { agree } = cases[name];
    const { args, writes, scratch: [argument, elements] = [0, 0] } = cases[name].draw(source, n);
    const where = `${name}(${args.join(', ')})`;
    const before = bytes.slice();

    run(kernels, name, args);
    const got = bytes.slice(args[0], args[0] + writes * 4);
    bytes.set(before.subarray(args[0], args[0] + writes * 4), args[0]);
    bytes.set(before.subarray(args[argument], args[argument] + elements * 4), args[argument]);
    assert.is(Buffer.compare(bytes, before), 0, `${where} wrote elsewhere`);

    run(twins, name, args);
    const expected = bytes.slice(args[0], args[0] + writes * 4);
    if (agree === 'exact') {
      assert.ok(same(got, expected, name), `${where} differs`);
      continue;
    }

    bytes.set(before);
    const largest = makeMagnitudes(inputs);
    run(twins, name, args);
    const sums = floats.subarray(args[0] / 4, args[0] / 4 + writes);
    const [ours, theirs] = [new Float32Array(got.buffer), new Float32Array(expected.buffer)];
    for (let i = 0; i < writes; i++) {
      // Next to an infinity that max(·, 0) took away, the sum of magnitudes is infinite: 70 terms of at most 1 remain.
      const scale = agree === 'sum' ? Math.min(sums[i], 70) : largest;
      const near = Number.isFinite(theirs[i])
        ? Math.abs(ours[i] - theirs[i]) <= 1e-6 * scale
        : Object.is(ours[i], theirs[i]);
      assert.ok(near, `${where}: [${i}] is ${ours[i]}, its twin says ${theirs[i]}`);
    }
  }
}

function run(kernels: KernelExports, name: Name, args: readonly number[]): void {
  (kernels[name] as Kernel)(...args);
}

/** Fills the memory with NaN, so that a read beyond the inputs shows, and gives out room from its start. */
function draw(seed: number, oddness: number): { source: Draw; inputs: [at: number, count: number][] } {
  bytes.fill(0xff);
  const random = uniform(seed);
  const inputs: [number, number][] = [];
  let top = 0;
  const number = (low: number, high: number): number => low + random() * (high - low);
  const room = (count: number): number => {
    const at = top + 4 * Math.floor(number(4, 9));
    top = at + count * 4;
    assert.ok(top + 16 < bytes.length, 'the test memory is too small');
    return at;
  };
  const source: Draw = {
    number,
    room,
    size: () => Math.floor(number(0, 71)),
    floats(count, low = -1, high = 1) {
      const at = room(count);
      inputs.push([at, count]);
      for (let i = 0; i < count; i++) {
        floats[at / 4 + i] = random() < oddness ? odd[Math.floor(random() * odd.length)] : number(low, high);
      }
      return at;
    },
    bytes(count) {
      const at = room(Math.ceil(count / 4));
      for (let i = 0; i < count; i++) bytes[at + i] = Math.floor(number(0, 256));
      return at;
    },
  };
  return { source, inputs };
}

/** Makes every input its own magnitude, and tells the largest finite one. */
function makeMagnitudes(inputs: [at: number, count: number][]): number {
  let largest = 0;
  for (const [at, count] of inputs) {
    for (let i = at / 4; i < at / 4 + count; i++) {
      floats[i] = Math.abs(floats[i]);
      if (Number.isFinite(floats[i])) largest = Math.max(largest, floats[i]);
    }
  }
  return largest;
}

/** Bit for bit, but that any NaN is like any other in what a kernel calculates. */
function same(got: Uint8Array<ArrayBuffer>, expected: Uint8Array<ArrayBuffer>, name: Name): boolean {
  if (name === 'transpose' || name === 'colorize' || name === 'overlay')
    return Buffer.compare(got, expected) === 0;
  const [ours, theirs] = [new Float32Array(got.buffer), new Float32Array(expected.buffer)];
  return ours.every((value, i) => Object.is(value, theirs[i]));
}
