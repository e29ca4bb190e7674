import { nodeModule } from './node.ts';

// By another name: bundlers take `new URL(template, import.meta.url)` for a folder of assets and emit all of it.
const here: string = import.meta.url;

/** The address of a file of the package, such as `package.json`, from the source tree and from dist/. */
export const packageFile = (path: string): URL => new URL(`../../${path}`, here);

/**
 * The path of a file of an installed package, such as `onnxruntime-web/package.json`; undefined where it is not installed:
 * in a bundle, or in code loaded from an address.
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
