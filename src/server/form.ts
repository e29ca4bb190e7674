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

/** Parts of a form that are named in its error; a good one has one. */
const MAX_FORM_PARTS = 16;

async function fileOf(body: Bytes, type: string): Promise<Uint8Array> {
  const bad = (why: string) =>
    new Problem('BAD_OPTION', `The form ${why}. Send one file, and the options in the query.`);
  // Reading a form of many parts takes seconds.
  const [, , boundary = ''] = /boundary=("?)([^";]+)\1/i.exec(type) ?? [];
  const parts = new TextDecoder('latin1').decode(body).split(`--${boundary}`, MAX_FORM_PARTS + 3).length - 2;
  if (parts > MAX_FORM_PARTS) throw bad(`has more than ${MAX_FORM_PARTS} parts`);
  const form = await new Response(body, { headers: { 'content-type': type } }).formData().catch(() => {
    throw bad('cannot be read');
  });
  const entries = [...form.entries()];
  const text = entries.find(([, value]) => typeof value === 'string');
  if (text) throw bad(`has a field "${text[0]}" that is not a file`);
  if (entries.length !== 1) throw bad(`has ${entries.length} files`);
  return new Uint8Array(await (entries[0][1] as File).arrayBuffer());
}
