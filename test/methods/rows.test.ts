import { suite } from 'uvu';
import type { Plane, Volume } from '../../src/kernels/index.ts';
import type { Steps } from '../../src/methods/ask.ts';
import { FAMILIES, METHOD_IDS, METHODS } from '../../src/methods/index.ts';
import { inputMethod, type InputView, layerMethod, type LayerView } from '../../src/methods/method.ts';
import { mergeTables } from '../../src/table.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('rows of methods');

const ABOUT = { title: 'Test', paper: 'none', about: 'A row for its type.', when: 'Never.' };
const firstOf = ({ A, g }: LayerView<'activations' | 'gradients'>): Plane => ({ ...A, data: g.data });

// These lines are checked by the compiler: a formula sees what its row names, and a row names what its formula sees.
layerMethod({ ...ABOUT, needs: ['activations', 'gradients'], map: firstOf });
// @ts-expect-error the gradients are not named
layerMethod({ ...ABOUT, needs: ['activations'], map: firstOf });
// @ts-expect-error nothing is named
layerMethod({ ...ABOUT, needs: [], map: firstOf });
// @ts-expect-error the classifier is not named
layerMethod({ ...ABOUT, needs: ['activations'], map: ({ A, classifier }) => ({ ...A, data: classifier }) });

const gradientOf = ({ gradient }: InputView<'input-gradient'>): Volume => gradient;
const scoredOf = function* ({ input, scores }: InputView<never, 'scores'>): Steps<Volume> {
  yield* scores(1, () => input.data);
  return input;
};
const SHOWN = { ...ABOUT, shows: 'heatmap' } as const;
inputMethod({ ...SHOWN, needs: ['input-gradient'], map: gradientOf });
inputMethod({ ...SHOWN, needs: [], asks: { scores: 1 }, map: scoredOf });
// @ts-expect-error the gradient is not named
inputMethod({ ...SHOWN, needs: [], map: gradientOf });
// @ts-expect-error the runs are not named
inputMethod({ ...SHOWN, needs: [], map: scoredOf });

test('two tables with a row of the same id are refused', () => {
  assert.throws(() => mergeTables([{ cam: 1 }, { cam: 2 }]), /Two tables have a row "cam"/);
});

test('each method belongs to one family', () => {
  const listed = FAMILIES.flatMap(([, ids]) => ids);
  assert.equal(listed, METHOD_IDS);
  assert.is(new Set(listed).size, listed.length);
});

test('the public table is plain data', () => {
  assert.equal(structuredClone(METHODS), METHODS);
});

test.run();
