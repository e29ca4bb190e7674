/**
 * The tests that concern a folder of sources, as words of `npm test`, those that notice first in front. A file's tests
 * are also those of its own name.
 */
const CONCERNS: Readonly<Record<string, readonly string[]>> = {
  assembly: ['kernels/', 'image/', 'methods/'],
  'src/kernels': ['kernels/', 'methods/', 'image/'],
  'src/onnx': ['onnx/', 'models/', 'operators/', 'autodiff/', 'network/', 'explain/cases'],
  'src/runtime': ['runtime/', 'platform/runtime', 'operators/', 'explain/', 'autodiff/'],
  'src/platform': ['platform/', 'server/', 'cli/files', 'image/decode', 'models/'],
  'src/image': ['image/', 'explain/', 'cli/explain', 'models/preprocess'],
  'src/operators': ['operators/', 'autodiff/', 'network/', 'explain/transformer', 'methods/'],
  'src/autodiff': ['autodiff/', 'operators/', 'methods/', 'explain/'],
  'src/network': ['network/', 'methods/', 'explain/', 'targets/', 'cli/commands'],
  'src/targets': ['targets/', 'explain/', 'network/', 'options/', 'cli/targets'],
  'src/methods': ['methods/', 'explain/', 'options/'],
  'src/models': ['models/', 'explain/', 'cli/labels', 'cli/commands'],
  'src/options': ['options/', 'cli/', 'server/', 'explain/'],
  'src/explain': ['explain/', 'methods/', 'targets/', 'network/', 'cli/'],
  'src/server': ['server/', 'cli/'],
  'src/browser': ['browser/'],
  'src/cli': ['cli/', 'options/'],
  src: ['explain/', 'options/', 'methods/', 'cli/', 'server/', 'image/', 'network/'],
};

/** Tests of what is built, which a change of a source does not reach. */
const OF_THE_BUILD = ['cli/built.test.ts'];

/** The tests of a file among `specs`, in groups: the file's own, its folder's, and others. */
export function concerns(file: string, specs: readonly string[]): string[][] {
  const [first, second = ''] = file.split('/');
  const folder = first === 'src' && !second.endsWith('.ts') ? `${first}/${second}` : first;
  const [own, ...others] = CONCERNS[folder];
  const name = file.slice(file.lastIndexOf('/') + 1).replace(/\.ts$/, '');
  const left = new Set(specs.filter((spec) => !OF_THE_BUILD.includes(spec)));
  return [[`/${name}.test`], [own], others].flatMap((words) => {
    const group = [...left].filter((spec) => words.some((word) => spec.includes(word)));
    group.forEach((spec) => left.delete(spec));
    return group.length > 0 ? [group] : [];
  });
}
