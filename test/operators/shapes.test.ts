import { suite } from 'uvu';
import { readsOf } from '../../src/autodiff/backward.ts';
import { derivedFacts } from '../../src/network/derived-facts.ts';
import { probe } from '../../src/network/probe.ts';
import { readModel } from '../../src/onnx/read.ts';
import { OPERATORS } from '../../src/operators/index.ts';
import * as assert from '../helpers/assert.ts';
import type { Case } from './case.ts';
import { CASES } from './cases/index.ts';
import { build } from './check.ts';

const test = suite('shapes by rule are those that onnxruntime computes');

const titleOf = ({ op, title }: Case): string => `${op}${title ? `: ${title}` : ''}`;
const derived = new Set<string>();

for (const given of CASES) {
  if (!OPERATORS.get(given.op)?.shape) continue;
  test(titleOf(given), async () => {
    const { model: bytes, feeds } = build(given);
    const model = readModel(bytes);
    const reads = readsOf(model);
    const facts = await derivedFacts(model, feeds, reads, {});
    if (!facts) return; // contents that are not constant, or several outputs
    derived.add(given.op);
    const measured = await probe(model, feeds, reads, {});
    for (const [name, dims] of measured.dims) {
      assert.equal(facts.dims.get(name), dims, name);
      assert.is(facts.types.get(name), measured.types.get(name), name);
    }
    assert.equal(Object.fromEntries(facts.values), Object.fromEntries(measured.values));
    assert.equal(Object.fromEntries(facts.constants), Object.fromEntries(measured.constants));
  });
}

test('every rule is compared with it in some case', () => {
  const rules = [...OPERATORS].filter(([, { shape }]) => shape).map(([op]) => op);
  assert.equal(
    rules.filter((op) => !derived.has(op)),
    [],
  );
});

test.run();
