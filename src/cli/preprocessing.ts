import type { Preprocessing, PreprocessingSources, SettingSource } from '../index.ts';

/** Settings as text, in the words of their flags. */
const SETTING_TEXTS: { readonly [Key in keyof Preprocessing]: (value: Preprocessing[Key]) => string } = {
  width: (width) => `width ${width}`,
  height: (height) => `height ${height}`,
  layout: (layout) => layout,
  fit: (fit) => `fit ${fit}`,
  cropPct: (share) => `crop-pct ${Number(share.toPrecision(4))}`,
  resample: (resample) => resample,
  channels: (channels) => channels,
  range: (range) => `range ${range.join('..')}`,
  mean: (mean) => `mean ${mean.join(', ')}`,
  std: (std) => `std ${std.join(', ')}`,
};

const SOURCE_TITLES: Partial<Record<SettingSource, string>> = {
  caller: 'asked for',
  model: "the model's input",
  metadata: "the model's metadata",
};

/** A line for each source, with the settings it decided: `fit crop, crop-pct 0.875  (config.json)`. */
export function preprocessingLines(settings: Preprocessing, sources: PreprocessingSources): string[] {
  const lines = new Map<SettingSource, string[]>();
  const add = <Key extends keyof Preprocessing>(key: Key) =>
    lines.set(sources[key], [...(lines.get(sources[key]) ?? []), SETTING_TEXTS[key](settings[key])]);
  (Object.keys(SETTING_TEXTS) as (keyof Preprocessing)[]).forEach((key) => add(key));
  return [...lines].map(([source, texts]) => `${texts.join(', ')}  (${SOURCE_TITLES[source] ?? source})`);
}
