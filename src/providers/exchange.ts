import { ProviderError, type ProviderErrorKind } from '../errors.ts';

/** What a vendor answered. */
export interface VendorAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** At most `maxAnswerBytes` of it. */
  readonly text: string;
}

export interface VendorCall {
  /** Of the provider: stands in errors. */
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

const maxAnswerBytes = 65_536;
const systemClock: () => number = Date.now;

/** Nothing was written yet when these came up, so the vendor has taken nothing. */
const beforeWriting: Readonly<Record<string, ProviderErrorKind>> = {
  ECONNREFUSED: 'temporary',
  ENOTFOUND: 'temporary',
  EAI_AGAIN: 'temporary',
  EHOSTUNREACH: 'temporary',
  ENETUNREACH: 'temporary',
  EADDRNOTAVAIL: 'temporary',
  UND_ERR_CONNECT_TIMEOUT: 'temporary',
  ERR_INVALID_URL: 'config',
  CERT_HAS_EXPIRED: 'config',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'config',
  SELF_SIGNED_CERT_IN_CHAIN: 'config',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'config',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'config',
  ERR_TLS_CERT_ALTNAME_INVALID: 'config',
  ERR_SSL_WRONG_VERSION_NUMBER: 'config',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'config',
};

/**
 * Posts to a vendor and resolves with what it answered, whatever the status. Rejects with a `ProviderError`: of another kind than `ambiguous` only where nothing can have
 * been written yet. Follows no redirect, which would take a message and a credential elsewhere: it is an answer. An error holds no address, body or header.
 */
export async function postToVendor({ name, url, headers, body, signal }: VendorCall): Promise<VendorAnswer> {
  let response: Response;
  try {
    response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
  } catch (error) {
    const code = codeOf(error);
    const kind = signal.aborted ? 'ambiguous' : (beforeWriting[code] ?? 'ambiguous');
    throw new ProviderError(kind, `${name} gave no answer (${signal.aborted ? 'given up' : code})`);
  }
  try {
    return { status: response.status, headers: response.headers, text: await readText(response) };
  } catch (error) {
    throw new ProviderError(
      'ambiguous',
      `${name} broke off its answer (${signal.aborted ? 'given up' : codeOf(error)})`,
    );
  }
}

async function readText({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    text += decoder.decode(chunk, { stream: true });
    if (bytes > maxAnswerBytes) break;
  }
  return text;
}

/** A JSON object; null for what is none. */
export function readObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}

/** What a status says by itself, where the vendor's own list has no word for it. */
export function kindOfStatus(status: number): ProviderErrorKind {
  if (status === 401 || status === 403) return 'auth';
  if (status === 402) return 'funds';
  if (status === 408) return 'temporary';
  if (status === 429) return 'rate_limited';
  if (status === 503) return 'temporary';
  // What broke while it was at work, or a gateway that gave up on what is behind it: the message may have been taken.
  if (status >= 500) return 'ambiguous';
  if (status >= 300) return 'config';
  return 'unknown';
}

/** Seconds of a `Retry-After` header (RFC 9110 section 10.2.3), rounded up; undefined where there is none that can be read. */
export function retryAfterSeconds(
  { headers }: Pick<VendorAnswer, 'headers'>,
  nowMs: number = systemClock(),
): number | undefined {
  const given = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,6}$/.test(given)) return Number(given);
  // Much else counts as a date to `Date.parse`, "1.5" and "-5" among it.
  const atMs = /^(?:mon|tue|wed|thu|fri|sat|sun)/i.test(given) ? Date.parse(given) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, Math.ceil((atMs - nowMs) / 1_000));
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : null;
  // Several addresses were tried.
  const one = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  return one instanceof Error && 'code' in one && typeof one.code === 'string' ? one.code : 'unknown reason';
}
