import type { FileHandle } from 'node:fs/promises';
import type { Draft, FileStore } from './file-store.ts';
import { nodeModule } from './node.ts';

/** Files in a folder. Interrupted downloads stay beside them, as hidden files, and are continued. */
export function folderStore(folder: string): FileStore {
  const fs = nodeModule('node:fs/promises');
  const { join, dirname, sep } = nodeModule('node:path');
  const at = (path: string) => join(folder, ...path.split('/'));
  const sizeAt = async (place: string) => (await fs.stat(place).catch(() => undefined))?.size;
  return {
    title: folder,
    pathOf: at,
    sizeOf: (path) => sizeAt(at(path)),
    read: async (path) => new Uint8Array(await fs.readFile(at(path))),
    async write(path, bytes) {
      await fs.mkdir(dirname(at(path)), { recursive: true });
      const neighbor = `${at(path)}.${crypto.randomUUID()}`;
      try {
        await fs.writeFile(neighbor, bytes);
        await fs.rename(neighbor, at(path));
      } finally {
        await fs.rm(neighbor, { force: true });
      }
    },
    draft: (path) => draftAt(at(path)),
    async list(name) {
      const paths = await fs.readdir(folder, { recursive: true }).catch(() => []);
      return paths
        .map((path) => path.split(sep).join('/'))
        .filter((path) => path.endsWith(`/${name}`))
        .sort();
    },
    remove: (path) => fs.rm(at(path), { recursive: true, force: true }),
  };
}

/**
 * A draft of a file: `.<name>.<owner>.<validator>.part` beside it. Two processes never write to the same draft: the
 * owner is a process, and only a draft that was released, or whose process has ended, is taken over, by renaming it.
 */
async function draftAt(target: string): Promise<Draft> {
  const fs = nodeModule('node:fs/promises');
  const { createHash } = nodeModule('node:crypto');
  const { basename, dirname, join } = nodeModule('node:path');
  const parent = dirname(target);
  const prefix = `.${basename(target)}.`;
  const owner = ownerName();
  await fs.mkdir(parent, { recursive: true });

  const left = await abandoned(parent, prefix);
  let draft = await takeOver(left);
  let file: FileHandle = await fs.open(draft.path, draft.taken ? 'r+' : 'w+');
  let hash = createHash('sha256');
  let size = 0;
  const chunk = new Uint8Array(draft.taken ? 1 << 20 : 0);
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, size);
    if (bytesRead === 0) break;
    hash.update(chunk.subarray(0, bytesRead));
    size += bytesRead;
  }

  function pathFor(holder: string, validator: string | undefined): string {
    // Longer names are not allowed everywhere; such a draft is not continued.
    const told = validator !== undefined && validator.length <= 100 ? base64url(validator) : '';
    return join(parent, `${prefix}${holder}.${told}.part`);
  }
  async function takeOver(
    drafts: readonly string[],
  ): Promise<{ path: string; validator: string | undefined; taken: boolean }> {
    for (const name of drafts) {
      const [told] = name.slice(prefix.length, -'.part'.length).split('.').slice(-1);
      const validator = told === '' ? undefined : fromBase64url(told);
      const path = pathFor(owner, validator);
      // Whoever renames it first has it.
      const taken = await fs.rename(join(parent, name), path).then(
        () => true,
        () => false,
      );
      if (taken) return { path, validator, taken };
    }
    return { path: pathFor(owner, undefined), validator: undefined, taken: false };
  }
  const moveTo = async (path: string) => {
    await fs.rename(draft.path, path);
    draft = { ...draft, path };
  };

  return {
    get size() {
      return size;
    },
    get validator() {
      return draft.validator;
    },
    async restart(validator) {
      hash = createHash('sha256');
      size = 0;
      // Windows does not rename an open file.
      await file.close();
      await moveTo(pathFor(owner, validator));
      draft = { ...draft, validator };
      file = await fs.open(draft.path, 'w+');
    },
    async append(bytes) {
      for (let written = 0; written < bytes.length;) {
        const { bytesWritten } = await file.write(bytes, written, bytes.length - written, size + written);
        written += bytesWritten;
      }
      hash.update(bytes);
      size += bytes.length;
    },
    digest: () => Promise.resolve(hash.digest('hex')),
    async finish() {
      await file.close();
      try {
        await fs.rename(draft.path, target);
      } catch (cause) {
        // Windows does not replace a file that another process reads; it has the same bytes.
        const { size: there } = (await fs.stat(target).catch(() => undefined)) ?? {};
        await fs.rm(draft.path, { force: true });
        if (there !== size) throw cause;
      }
      for (const name of await abandoned(parent, prefix)) await fs.rm(join(parent, name), { force: true });
    },
    async release() {
      await file.close();
      if (size === 0) await fs.rm(draft.path, { force: true });
      else await moveTo(pathFor(`${FREE}${crypto.randomUUID().slice(0, 8)}`, draft.validator));
    },
    async discard() {
      await file.close();
      await fs.rm(draft.path, { force: true });
    },
  };
}

const FREE = 'free-';

/** This draft's owner: host, process and a random number, since a process may download a file twice at once. */
const ownerName = (): string =>
  `${folderOfHost()}-${nodeModule('node:process').pid}-${crypto.randomUUID().slice(0, 8)}`;

/** Processes of another host, on a shared disk, cannot be asked whether they live. */
function folderOfHost(): string {
  try {
    return nodeModule('node:os').hostname().replace(/[^\w]/g, '_');
  } catch {
    return 'host'; // Deno without --allow-sys
  }
}

/** Drafts that nobody writes to, the longest first. */
async function abandoned(parent: string, prefix: string): Promise<string[]> {
  const fs = nodeModule('node:fs/promises');
  // The holder and the validator have no dots: "model.onnx" must not take over drafts of "model.onnx.data".
  const isDraft = (name: string) =>
    name.startsWith(prefix) && /^[^.]+\.[^.]*\.part$/.test(name.slice(prefix.length));
  const names = (await fs.readdir(parent)).filter(isDraft);
  const free = names.filter((name) => {
    const [holder] = name.slice(prefix.length).split('.');
    if (holder.startsWith(FREE)) return true;
    const [host, pid] = holder.split('-');
    return host === folderOfHost() && !isRunning(Number(pid));
  });
  const { join } = nodeModule('node:path');
  const sizes = new Map<string, number>();
  for (const name of free)
    sizes.set(name, (await fs.stat(join(parent, name)).catch(() => undefined))?.size ?? 0);
  return free.sort((a, b) => sizes.get(b)! - sizes.get(a)!);
}

function isRunning(pid: number): boolean {
  try {
    nodeModule('node:process').kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, or Deno forbids to ask.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

const base64url = (text: string): string =>
  btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const fromBase64url = (text: string): string => atob(text.replaceAll('-', '+').replaceAll('_', '/'));
