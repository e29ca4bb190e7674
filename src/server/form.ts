import type { Bytes } from '../platform/bytes.ts';
import { Problem } from './problem.ts';

/**
 * The image in a body: the body itself, or the single file of a multipart form; undefined if it is empty.
 *
 * @param type the body's media type
 * @throws {Problem} BAD_OPTION for a form with anything else.
 */
export async function imageOf(body: Bytes, type: string): Promise<Uint8Array | undefined> {
  const bytes = /^multipart\/form-data/i.test(type) ? await fileOf(body, type) : body;
  return bytes.length === 0 ? undefined : bytes;
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
