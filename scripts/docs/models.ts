import { HUB_SEARCH } from '../../src/cli/commands/index.ts';
import { KNOWN_MODELS } from '../../src/hub/known-models.ts';
import { PRESETS } from '../../src/models/presets.ts';

export const MODELS_PAGE = 'docs/models.md';

/** docs/models.md: models by name, and presets. */
export function modelsPage(): string {
  const known = Object.entries(KNOWN_MODELS).map(
    ([name, { task, classes, bytes, accuracy, license, repository, preset }]) =>
      [
        `\`${name}\``,
        task,
        classes,
        `${(bytes / 1e6).toFixed(1)} MB`,
        accuracy === undefined ? '' : `${accuracy} %`,
        license,
        `[${repository}](https://huggingface.co/${repository})`,
        `\`${preset}\``,
      ].join(' | '),
  );
  const presets = Object.entries(PRESETS).map(
    ([name, { about, outputKind }]) => `\`${name}\` | ${about} | ${outputKind ?? 'as the graph tells'}`,
  );
  return `# Models by name

This page is generated: \`npm run docs\`.

\`\`\`sh
camwasm models                                   # the built-in model, known ones, and others that are here
camwasm cat.jpg --model mobilenetv2              # a known model, downloaded on first use
camwasm cat.jpg --model hf:onnx-community/mobilenet_v2_1.0_224
camwasm cat.jpg --model https://example.com/model.onnx
camwasm cat.jpg --model ./folder                 # a folder of the same layout as on the hub
camwasm models pull mobilenetv2                  # also: rm, path
\`\`\`

In the library, \`Explainer.load('mobilenetv2')\` and \`Explainer.load('hf:owner/name')\`; \`findModel\`, \`downloadModel\`,
\`listModels\` and \`removeModel\` do what the commands do.

## Known models

| name | task | classes | size | accuracy | license | from | preset |
| --- | --- | --- | --- | --- | --- | --- | --- |
${known.map((row) => `| ${row} |`).join('\n')}

Accuracy is the published one: top-1 on ImageNet, or mean IoU of the segmentation. The files are those of the ONNX Model
Zoo at its present address; their SHA-256 is in the table of the package (\`camwasm models --json\`), and a file with another
one is removed before anything reads it. A file or folder that has the name of a model is meant with a slash:
\`--model ./mobilenetv2\`.

## Models of the Hugging Face Hub

\`hf:owner/name[@revision][:file]\`. Models with an ONNX file: ${HUB_SEARCH}. The layout is that of the ecosystem:

- \`onnx/model.onnx\`, else \`model.onnx\` or \`<name>.onnx\`. A variant by one word, \`hf:owner/name:fp16\` or \`:quantized\`, is
  \`onnx/model_fp16.onnx\`; any other file by its path, \`hf:owner/name:onnx/model_q4.onnx\`. The address of a file's page on the
  hub works, too.
- \`config.json\` has the labels (\`id2label\`), \`preprocessor_config.json\` the preprocessing.
- Weights in files of their own (\`model.onnx_data\`, \`model.onnx.data\`) come along.

The revision is a branch, a tag or a commit; \`main\` by default. A branch is pinned to the commit that was downloaded: the
network is not asked again until \`camwasm models pull\`. An address outside of the hub is compared with the server's ETag
(or date, or length) each time, and the copy is used while it is the same or the server is out of reach.

| variable | |
| --- | --- |
| \`HF_ENDPOINT\` | another hub or mirror, also for known models |
| \`HF_TOKEN\` | token for private repositories; sent to that host alone, never on to the host of a redirect |
| \`HF_HUB_OFFLINE\` | 1 forbids to download models, as \`--offline\` does; \`--offline\` also forbids images from the network |
| \`CAMWASM_CACHE\` | folder for downloaded models |
| \`HTTP_PROXY\`, \`HTTPS_PROXY\`, \`NO_PROXY\` | proxies |

## Downloads

A model that was named on a terminal is downloaded at once, with its size, origin and destination; scripts pass
\`--download\`, or pull it beforehand. Models go to \`~/.cache/camwasm\` (\`XDG_CACHE_HOME\`), \`~/Library/Caches/camwasm\` on
macOS, \`%LOCALAPPDATA%\\camwasm\\Cache\` on Windows. In browsers, and in Deno without \`--allow-write\`, they go to the Cache
API; elsewhere, they stay in memory.

What was interrupted goes on where it was, if the server still has the same version. A file is there whole or not at all,
and several processes may download at once. Busy servers are asked again, at the time that they say. Every error is a
\`CamError\`: \`NOT_DOWNLOADED\` (it is not here, and must not be downloaded), \`DOWNLOAD\` (\`retriable\` tells whether another
attempt may help), \`BAD_CHECKSUM\` (another file than expected), \`OUTPUT\` (the folder cannot be written).

Images may be addresses, too: at most 100 MB, in at most a minute.

## Presets

\`--preset\`, or \`preset\` in the library, sets preprocessing and kind of output for exports that come without settings. Single
options (\`--mean\`, \`--fit\`) still change it. Metadata of Ultralytics is read, and YOLO exports without metadata are
recognized by the shape of their output. The letterbox is centered.

| preset | for | output |
| --- | --- | --- |
${presets.map((row) => `| ${row} |`).join('\n')}
`;
}
