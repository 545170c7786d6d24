import { gunzipSync } from 'node:zlib';
import { VirtualNumberError } from '../errors.ts';
import { timeoutSignal } from './timeout-signal.ts';

/** What a provider answered. */
export interface VendorAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Unpacked where it came as gzip without saying so. */
  readonly text: string;
}

export interface VendorCall {
  /** Of the provider: stands in errors. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PUT';
  /** May hold a credential: it stands in no error. */
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** How long one call may take; 10 s when unset. */
  readonly timeoutMs?: number | undefined;
}

const maxAnswerBytes = 262_144;
const usualTimeoutMs = 10_000;

/**
 * Calls a provider and resolves with what it answered, whatever the status. Follows no redirect, which would take a key elsewhere: it is an answer. Rejects with a
 * `VirtualNumberError`: `unavailable` where none came, `protocol` where it is longer than 256 KB or its packing is broken; and with the signal's own reason where that aborted. An
 * error holds no address, header or body.
 */
export async function callVendor({
  name,
  method,
  url,
  headers = {},
  body,
  signal,
  timeoutMs = usualTimeoutMs,
}: VendorCall): Promise<VendorAnswer> {
  const ends = AbortSignal.any([signal, timeoutSignal(timeoutMs)]);
  try {
    const response = await fetch(url, {
      method,
      headers,
      signal: ends,
      redirect: 'manual',
      ...(body !== undefined && { body }),
    });
    return { status: response.status, headers: response.headers, text: unpacked(name, await read(name, response)) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof VirtualNumberError) throw error;
    const code = codeOf(error);
    if (code.startsWith('Z_')) throw broken(name);
    const reason = ends.aborted ? `within ${timeoutMs / 1_000} s` : `(${code})`;
    throw new VirtualNumberError('unavailable', `${name} gave no answer ${reason}.`);
  }
}

async function read(name: string, { body }: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > maxAnswerBytes) throw new VirtualNumberError('protocol', `${name} gave an answer without end.`);
  }
  return Buffer.concat(chunks);
}

function unpacked(name: string, bytes: Buffer): string {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8');
  try {
    return gunzipSync(bytes, { maxOutputLength: maxAnswerBytes }).toString('utf8');
  } catch {
    throw broken(name);
  }
}

function broken(name: string): VirtualNumberError {
  return new VirtualNumberError('protocol', `${name} gave a compressed answer that is broken.`);
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : null;
  const one = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  return one instanceof Error && 'code' in one && typeof one.code === 'string' ? one.code : 'no known reason';
}
