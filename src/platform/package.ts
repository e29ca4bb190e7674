import { nodeModule } from './node.ts';

/** The address of a file that the package brings, such as `models/labels.json`, from the source tree and from dist/. */
export function packageFile(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}

/**
 * The path of a file of an installed package, such as `onnxruntime-web/package.json`; undefined where there is none:
 * bundled without its dependencies, or loaded from an address.
 */
export function dependencyFile(name: string): string | undefined {
  try {
    return nodeModule('node:module')
      .createRequire(import.meta.url)
      .resolve(name);
  } catch {
    return undefined;
  }
}
