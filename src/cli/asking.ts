import type { ExplainOptions } from '../index.ts';
import { channelsOf } from './channels.ts';
import { layersOf } from '../options/choices.ts';
import type { LoadedModel } from './library.ts';
import type { Settings } from '../options/options.ts';
import { readInputs, type NamedTarget } from './targets.ts';

type Given = Readonly<Partial<Settings>>;

/** Options that the library takes as they are, by its name for them. */
const PLAIN = {
  'output-name': 'output',
  tokens: 'tokens',
  score: 'score',
  compat: 'compat',
  base: 'base',
  fuse: 'fuse',
  'smooth-noise': 'smoothNoise',
  'smooth-aug': 'smoothAug',
  'eigen-smooth': 'eigenSmooth',
  signed: 'signed',
  counterfactual: 'counterfactual',
  samples: 'samples',
  concepts: 'concepts',
  baseline: 'baseline',
  seed: 'seed',
  'batch-size': 'batchSize',
} as const satisfies { [Name in keyof Settings]?: keyof ExplainOptions };

/** What the library is asked of every image. @throws CamError BAD_OPTION, BAD_TENSOR. */
export async function explainOptionsOf(
  settings: Given,
  model: LoadedModel,
  classes: readonly (number | NamedTarget['name'] | undefined)[],
  targets: readonly NamedTarget[] | undefined,
  cwd: string,
): Promise<ExplainOptions & { layer: string[] | undefined }> {
  const plain = Object.entries(PLAIN).flatMap(([name, key]) => {
    const value = settings[name as keyof typeof PLAIN];
    return value === undefined ? [] : [[key, value] as const];
  });
  const { count } = channelsOf(settings);
  return {
    ...(Object.fromEntries(plain) as ExplainOptions),
    ...(targets || settings.class
      ? { target: targets?.map(({ target }) => target) ?? (classes as number[]) }
      : { top: settings.top }),
    ...(settings.input && { inputs: await readInputs(settings.input, cwd) }),
    ...(count !== undefined && { channels: count }),
    layer: layersOf(settings, model),
  };
}
