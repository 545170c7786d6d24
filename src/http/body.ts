import { InvalidRequestError } from '../errors.ts';
import { jsonPointer } from './input.ts';
import { ProblemError } from './problem.ts';
import type { Received } from './received.ts';

/** Larger bodies are refused unread, but where a route takes more. */
export const maxBodyBytes = 16_384;

/** Unknown bytes are an error, not U+FFFD: a number or code must not change on its way in. */
const utf8 = new TextDecoder('utf-8', { fatal: true });
const jsonType = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;
/** Where a key of a JSON text ends, and some places within strings. */
const endOfKey = /"\s*:/g;
/** A string of a JSON text, and the colon that makes it a key. */
const stringOrKey = /("[^"\\]*(?:\\.[^"\\]*)*")\s*(:?)/g;

/**
 * Reads a request's JSON body, at most `maxBodyBytes` of it. An empty body is `{}`. Throws a `ProblemError` (413, 415) or an
 * `InvalidRequestError` for what is no JSON or says one thing twice. What the value holds is for a schema to judge.
 */
export async function readJson(received: Received): Promise<unknown> {
  let bytes: Uint8Array;
  try {
    bytes = await received.body();
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw bodyFault('cannot be read: it ended early, or something has read it before');
  }
  if (bytes.byteLength === 0) return {};
  const encoding = received.header('content-encoding') ?? 'identity';
  if (!jsonType.test(received.header('content-type') ?? '') || encoding !== 'identity') {
    throw new ProblemError({ code: 'unsupported_media_type' });
  }
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw bodyFault('is not UTF-8');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the body.
    throw bodyFault('is not JSON');
  }
  refuseRepeatedKeys(text, value);
  return value;
}

/**
 * `JSON.parse` lets the last of two equal keys win, another reader on the way the first (RFC 8259 section 4). Only flat objects are looked at: no
 * schema of ours takes another.
 */
function refuseRepeatedKeys(text: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  if (Object.values(value).some((member) => typeof member === 'object' && member !== null)) return;
  // As many as it has members at most: no key can be there twice.
  if ((text.match(endOfKey)?.length ?? 0) <= Object.keys(value).length) return;
  const keys: string[] = [];
  for (const [, string, colon] of text.matchAll(stringOrKey)) if (string && colon) keys.push(string);
  if (keys.length === Object.keys(value).length) return;
  const names = keys.map((key) => JSON.parse(key) as string);
  const repeated = names.filter((name, i) => names.indexOf(name) !== i);
  throw new InvalidRequestError(
    [...new Set(repeated)].map((name) => ({ pointer: jsonPointer([name]), detail: 'is given twice' })),
  );
}

function bodyFault(detail: string): InvalidRequestError {
  return new InvalidRequestError([{ pointer: '', detail }]);
}

export function bodyTooLarge(maxBytes: number): ProblemError {
  return new ProblemError({ code: 'payload_too_large', detail: `Send at most ${maxBytes / 1_024} KiB.` });
}
