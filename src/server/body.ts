import type { ImageInput } from '../types.ts';
import { readNpy } from '../image/npy.ts';
import { floatTensor } from '../runtime/tensor.ts';
import type { Limits } from './limits.ts';
import { Problem } from './problem.ts';

const NPY = '\x93NUMPY';

/**
 * The image that a request brings, as its body or as the one file of a multipart form; undefined for an empty body.
 * A .npy tensor is told by its first bytes.
 * @throws Problem TOO_LARGE, TOO_SLOW, CUT_SHORT; CamError BAD_TENSOR.
 */
export async function readImage(request: Request, limits: Limits): Promise<ImageInput | undefined> {
  const type = request.headers.get('content-type') ?? '';
  const body = await receive(request, limits);
  const bytes = /^multipart\/form-data/i.test(type) ? await fileOf(body, type) : body;
  if (bytes.length === 0) return undefined;
  if (String.fromCharCode(...bytes.subarray(0, NPY.length)) !== NPY) return bytes;
  const { dims, data } = readNpy(bytes);
  return floatTensor(dims, data);
}

async function receive(request: Request, { bytes, seconds }: Limits): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new Problem('TOO_LARGE', `The body is larger than ${bytes / 1e6} MB. Send less.`);
  if (Number(request.headers.get('content-length')) > bytes) throw tooLarge();
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void reader.cancel();
  }, seconds * 1000);
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(cutShort);
      if (late) throw new Problem('TOO_SLOW', `The body took more than ${seconds} seconds to arrive.`);
      if (done) break;
      length += value.length;
      if (length > bytes) throw tooLarge();
      chunks.push(value);
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function cutShort(): never {
  throw new Problem('CUT_SHORT', 'The body broke off before its end. Send it again.');
}

async function fileOf(body: Uint8Array<ArrayBuffer>, type: string): Promise<Uint8Array> {
  const bad = (why: string) =>
    new Problem('BAD_OPTION', `The form ${why}. Send one file, and the options in the query.`);
  const form = await new Response(body, { headers: { 'content-type': type } }).formData().catch(() => {
    throw bad('cannot be read');
  });
  const parts = [...form.entries()];
  const text = parts.find(([, value]) => typeof value === 'string');
  if (text) throw bad(`has a field "${text[0]}" that is no file`);
  if (parts.length !== 1) throw bad(`has ${parts.length} files`);
  return new Uint8Array(await (parts[0][1] as File).arrayBuffer());
}
