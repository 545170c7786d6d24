import { InvalidRequestError } from '../errors.ts';
import type { Verifier } from '../verifier.ts';
import { problems, refusalProblem, type Problem } from './problem.ts';
import type { Received } from './received.ts';
import type { Reply } from './route.ts';

/** A string of structured fields (RFC 9651 section 3.3.3), or the same without quotes, as most senders write it; without commas, which may join two. */
const quoted = /^"((?:[\x20-\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]|\\["\\])*)"$/;
const bare = /^[\x21\x23-\x2b\x2d-\x7e]+$/;
const maxLength = 255;

/**
 * The `Idempotency-Key` of a request (draft-ietf-httpapi-idempotency-key-header); null: it has none. Throws an `InvalidRequestError` for what is no key, which
 * two of them are too.
 */
export function readIdempotencyKey(received: Received): string | null {
  const given = received.header('idempotency-key');
  if (given === null) return null;
  const key = quoted.exec(given)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? (bare.test(given) ? given : '');
  if (key !== '' && key.length <= maxLength) return key;
  const detail = 'the header Idempotency-Key must be given once, as 1 to 255 printable characters without a comma';
  throw new InvalidRequestError([{ pointer: '', detail }]);
}

/** Refusals that judged something and that the same request would get again. */
const keptRefusals: ReadonlySet<number> = new Set([403, 404, 410, 422]);

/** Whether an answer is kept for its key. After any other nothing was done, and the same request may fare better. */
export function isKept(status: number): boolean {
  return status < 300 || keptRefusals.has(status);
}

/** What a key stands for. */
interface Keyed {
  readonly verifier: Verifier;
  readonly tenant: string;
  /** The template of its path. */
  readonly route: string;
  readonly key: string;
  /** The body, understood. */
  readonly request: unknown;
}

/** Answers once: what the same request with the same key came to before, or what it comes to now. */
export async function answerOnce(
  { verifier, ...once }: Keyed,
  answer: () => Promise<Reply | Problem>,
): Promise<Reply | Problem> {
  const result = await verifier.once(once, async () => {
    const outcome = await answer();
    return { answer: outcome, keep: isKept('code' in outcome ? problems[outcome.code].status : outcome.status) };
  });
  if (result.status !== 'done') return refusalProblem(result);
  const { answer: outcome, replayed } = result;
  if (!replayed || 'text' in outcome) return outcome;
  const told = 'code' in outcome || 'body' in outcome ? outcome.headers : undefined;
  return { ...outcome, headers: { ...told, 'idempotency-replayed': 'true' } };
}
