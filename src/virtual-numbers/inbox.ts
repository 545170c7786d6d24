import { ConfigurationError, VirtualNumberError } from '../errors.ts';
import { readObject } from '../providers/exchange.ts';
import { callVendor, type VendorAnswer, type VendorCall } from './exchange.ts';
import { commonFaults, isE164 } from './option-faults.ts';
import { notUnderstood, refusalOfStatus } from './refusal.ts';
import type { ReceivedText, VirtualNumberProvider } from './virtual-number.ts';

export interface InboxNumbersOptions {
  /** Where the inbox is; unset: `http://127.0.0.1:8080`. */
  url?: string | undefined;
  /** The inbox's password, where it has one. */
  token?: string | undefined;
  /** The run of tests that the numbers are for: the inbox shows it beside each text. */
  run?: string | undefined;
  name?: string | undefined;
  /** How long one call may take; 10 s when unset. */
  timeoutMs?: number | undefined;
  /** Milliseconds since the Unix epoch. */
  clock?: (() => number) | undefined;
}

const systemClock: () => number = Date.now;
const pace = { pollMs: 200, acquiresPerMinute: 600 };
const maxTexts = 20;

/**
 * Makes the provider of the inbox's own numbers: each is lent to one at a time, also between processes, and costs nothing. A country is ISO 3166-1 alpha-2; empty: any. Throws a
 * `ConfigurationError` that names every fault.
 */
export function inboxNumbers(options: InboxNumbersOptions = {}): VirtualNumberProvider {
  const { url: baseUrl = 'http://127.0.0.1:8080', token, run, name = 'inbox', clock = systemClock } = options;
  const faults = commonFaults({ ...options, baseUrl }).map((fault) => fault.replace(/^baseUrl/, 'url'));
  if (token !== undefined && !/^[ -~]+$/.test(token)) faults.push('token is empty, or holds what no password may');
  if (run !== undefined && !(run.length >= 1 && run.length <= 100)) faults.push('run must have 1 to 100 characters');
  if (faults.length > 0) throw new ConfigurationError(faults);
  let count = 0;
  /** Leases that were given back, and when they would have ended: the inbox may have lent their numbers anew. */
  const released = new Map<string, number>();

  async function call(
    method: VendorCall['method'],
    path: string,
    signal: AbortSignal,
    body?: object,
  ): Promise<VendorAnswer> {
    const headers = {
      accept: 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    };
    const url = new URL(`${baseUrl.replace(/\/+$/, '')}/inbox/api/${path}`);
    try {
      return await callVendor({
        name,
        method,
        url,
        headers,
        signal,
        timeoutMs: options.timeoutMs,
        ...(body && { body: JSON.stringify(body) }),
      });
    } catch (error) {
      if (!(error instanceof VirtualNumberError)) throw error;
      throw new VirtualNumberError(
        error.kind,
        `${error.message} Is it running (phoneproof inbox), and at this address?`,
      );
    }
  }

  function refusalOf(answer: VendorAnswer): VirtualNumberError {
    switch (readObject(answer.text)?.['code']) {
      case 'no_number':
        return new VirtualNumberError('no_numbers', `${name} has no free number of this country: give some back.`);
      case 'invalid_request':
        return new VirtualNumberError('config', `${name} refused the request: a country is two letters, like US.`);
      case 'host_not_allowed':
      case 'proxy_not_allowed':
      case 'origin_not_allowed':
        return new VirtualNumberError('config', `${name} answers this machine only: call it 127.0.0.1, directly.`);
      default:
        if (answer.status !== 404) return refusalOfStatus(name, answer, clock());
        return new VirtualNumberError('config', `There is no inbox that lends numbers at this address (HTTP 404).`);
    }
  }

  return {
    name,
    pace,

    async acquire({ country }, { signal }) {
      const answer = await call('POST', 'numbers', signal, { ...(country !== '' && { country }), run });
      const lease = answer.status === 201 ? readObject(answer.text) : null;
      if (!lease) throw refusalOf(answer);
      const { number, cursor, leased_at: leasedAt, expires_at: expiresAt } = lease;
      // By its own clock, which may differ from ours.
      const lifetimeMs = Date.parse(String(expiresAt)) - Date.parse(String(leasedAt));
      if (!isE164(number) || typeof cursor !== 'string' || !(lifetimeMs > 0)) throw notUnderstood(name, answer);
      const acquiredAtMs = clock();
      count += 1;
      return {
        provider: name,
        handle: `${cursor} ${count}`,
        number,
        acquiredAtMs,
        expiresAtMs: acquiredAtMs + lifetimeMs,
      };
    },

    async poll({ handle, number, expiresAtMs }, { signal }) {
      if (released.has(handle)) return { state: 'lost', answer: 'the number was given back' };
      if (expiresAtMs !== null && expiresAtMs <= clock()) return { state: 'lost', answer: 'the lease is over' };
      const query = new URLSearchParams({ to: number, after: handle.split(' ')[0] ?? '', limit: String(maxTexts) });
      const answer = await call('GET', `messages?${query.toString()}`, signal);
      const data = answer.status === 200 ? readObject(answer.text)?.['data'] : undefined;
      if (!Array.isArray(data)) throw refusalOf(answer);
      const read = (data as readonly unknown[]).map((message) => readMessage(message, run ?? null));
      if (read.includes(undefined)) throw notUnderstood(name, answer);
      const texts = read.flatMap((text) => text ?? []).toReversed();
      return texts.length > 0 ? { state: 'received', texts } : { state: 'waiting', answer: 'no text is there' };
    },

    async release({ handle, number, expiresAtMs }, _reason, { signal }) {
      const nowMs = clock();
      for (const [earlier, endsAtMs] of released) if (endsAtMs <= nowMs) released.delete(earlier);
      // The number may be someone else's by now: giving it back would take it from them.
      if (released.has(handle) || (expiresAtMs !== null && expiresAtMs <= nowMs)) return 'released';
      const query = new URLSearchParams({ cursor: handle.split(' ')[0] ?? '' });
      const answer = await call('DELETE', `numbers/${encodeURIComponent(number)}?${query.toString()}`, signal);
      if (answer.status !== 204) throw refusalOf(answer);
      released.set(handle, expiresAtMs ?? Infinity);
      return 'released';
    },
  };
}

/** Null: a text of another run. Undefined: not a message. */
function readMessage(message: unknown, ownRun: string | null): ReceivedText | null | undefined {
  const { body, from, code, run } = (message ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof body !== 'string') return undefined;
  if ((run ?? null) !== ownRun) return null;
  return { code: typeof code === 'string' ? code : null, text: body, from: typeof from === 'string' ? from : null };
}
