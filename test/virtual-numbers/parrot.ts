import {
  callVendor,
  notUnderstood,
  refusalOfStatus,
  type VendorAnswer,
  type VirtualNumberProvider,
} from 'phoneproof/virtual-numbers';

export interface ParrotOptions {
  apiKey: string;
  baseUrl?: string;
  timeoutMs?: number;
  clock?: () => number;
}

/** Numbers of Parrot, a vendor that does not exist. */
export function parrotNumbers(options: ParrotOptions): VirtualNumberProvider {
  const { apiKey, baseUrl = 'https://api.parrot.example', timeoutMs, clock = Date.now } = options;
  const name = 'parrot';
  const headers = { authorization: `Bearer ${apiKey}` };

  const call = (method: 'GET' | 'POST' | 'DELETE', path: string, signal: AbortSignal): Promise<VendorAnswer> =>
    callVendor({ name, method, url: new URL(`${baseUrl}/numbers${path}`), headers, signal, timeoutMs });

  return {
    name,
    pace: { pollMs: 1_000, acquiresPerMinute: 10 },
    async acquire({ country }, { signal }) {
      const answer = await call('POST', `?country=${encodeURIComponent(country)}`, signal);
      if (answer.status !== 201) throw refusalOfStatus(name, answer, clock());
      const { id, number } = read(answer) as { id?: unknown; number?: unknown };
      const isNumber = typeof number === 'string' && /^\+[1-9]\d{6,14}$/.test(number);
      if (!isNumber || typeof id !== 'string') throw notUnderstood(name, answer);
      return { provider: name, handle: id, number, acquiredAtMs: clock(), expiresAtMs: null };
    },
    async poll({ handle }, { signal }) {
      const answer = await call('GET', `/${encodeURIComponent(handle)}/texts`, signal);
      if (answer.status === 410) return { state: 'lost', answer: 'the number is gone' };
      if (answer.status !== 200) throw refusalOfStatus(name, answer, clock());
      const { texts } = read(answer) as { texts?: unknown };
      if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) throw notUnderstood(name, answer);
      if (texts.length === 0) return { state: 'waiting', answer: 'no text' };
      return { state: 'received', texts: texts.map((text) => ({ text, code: null, from: null })) };
    },
    async release({ handle }, _reason, { signal }) {
      const answer = await call('DELETE', `/${encodeURIComponent(handle)}`, signal);
      if (answer.status === 204 || answer.status === 404) return 'released';
      throw refusalOfStatus(name, answer, clock());
    },
  };

  function read(answer: VendorAnswer): object {
    try {
      return Object(JSON.parse(answer.text)) as object;
    } catch {
      throw notUnderstood(name, answer);
    }
  }
}
