import type { Bytes } from '../platform/bytes.ts';
import type { Limits } from './limits.ts';
import { Problem } from './problem.ts';

/**
 * Reads the image of a request, from its body or the single file of a multipart form; undefined for an empty body.
 * @throws {Problem} TOO_LARGE, TOO_SLOW or CUT_SHORT when the body exceeds a limit or is incomplete.
 * @throws {Problem} BAD_OPTION for a form with anything else.
 */
export async function readBody(request: Request, limits: Limits): Promise<Uint8Array | undefined> {
  const type = request.headers.get('content-type') ?? '';
  const body = await receive(request, limits);
  const bytes = /^multipart\/form-data/i.test(type) ? await fileOf(body, type) : body;
  return bytes.length === 0 ? undefined : bytes;
}

async function receive(request: Request, { bytes, seconds }: Limits): Promise<Bytes> {
  const tooLarge = () =>
    new Problem('TOO_LARGE', `The body is larger than ${bytes / 1e6} MB. Send a smaller image.`);
  if (Number(request.headers.get('content-length')) > bytes) throw tooLarge();
  const body = request.body ?? (await request.blob()).stream(); // Firefox has no Request.body
  const reader = body.getReader();
  const chunks: Bytes[] = [];
  let length = 0;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void reader.cancel();
  }, seconds * 1000);
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(bodyEnded);
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

function bodyEnded(): never {
  throw new Problem('CUT_SHORT', 'The body ended early. Send it again.');
}

async function fileOf(body: Bytes, type: string): Promise<Uint8Array> {
  const bad = (why: string) =>
    new Problem('BAD_OPTION', `The form ${why}. Send one file, and the options in the query.`);
  const form = await new Response(body, { headers: { 'content-type': type } }).formData().catch(() => {
    throw bad('cannot be read');
  });
  const parts = [...form.entries()];
  const text = parts.find(([, value]) => typeof value === 'string');
  if (text) throw bad(`has a field "${text[0]}" that is not a file`);
  if (parts.length !== 1) throw bad(`has ${parts.length} files`);
  return new Uint8Array(await (parts[0][1] as File).arrayBuffer());
}
