/** The address of a file that the package brings, such as `models/labels.json`, from the source tree and from dist/. */
export function packageFile(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}
