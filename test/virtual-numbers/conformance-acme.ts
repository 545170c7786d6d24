import { VirtualNumberError, type VirtualNumberErrorKind } from '../../src/errors.ts';
import { readObject } from '../../src/providers/exchange.ts';
import type { VirtualNumberUnderTest } from '../../src/testing/virtual-number-conformance.ts';
import { callVendor, type VendorAnswer } from '../../src/virtual-numbers/exchange.ts';
import { notUnderstood, refusalOfStatus } from '../../src/virtual-numbers/refusal.ts';
import type { Lease, Poll, Released, VirtualNumberProvider } from '../../src/virtual-numbers/virtual-number.ts';

export const apiKey = 'acme-api-key-5d0f';

type Options = Parameters<VirtualNumberUnderTest['open']>[1];

/** A text as Acme tells it. */
export interface AcmeText {
  readonly text: string;
  readonly from: string;
  readonly at: number;
}

/** What an adapter of the vendor Acme does, each to be done otherwise. */
export interface AcmeParts {
  readonly name: string;
  readonly pace: VirtualNumberProvider['pace'];
  call: typeof callVendor;
  /** What is the matter with an answer that is not 2xx, or null where it is. */
  refusal(answer: VendorAnswer): VirtualNumberError;
  /** The number in an answer to an acquire, and the id; null: there is none. */
  numberIn(answer: VendorAnswer): { readonly id: string; readonly number: string } | null;
  leaseOf(lease: Lease): Lease;
  /** Those of a poll that are told. */
  textsOf(texts: readonly AcmeText[], lease: Lease): readonly AcmeText[];
  pollOf(texts: readonly AcmeText[]): Poll;
  lost(lease: Lease): Poll;
  /** Of an answer to a release. */
  releasedBy(answer: VendorAnswer): Released;
}

const kinds: Readonly<Record<string, VirtualNumberErrorKind>> = {
  bad_key: 'auth',
  no_country: 'config',
  no_money: 'funds',
  sold_out: 'no_numbers',
};

export function kindIn({ text }: Pick<VendorAnswer, 'text'>): VirtualNumberErrorKind | null {
  const word = readObject(text)?.['error'];
  return typeof word === 'string' && Object.hasOwn(kinds, word) ? (kinds[word] ?? null) : null;
}

/** Makes a right adapter, but for what is bent. */
export function acme(
  baseUrl: string,
  { clock, timeoutMs }: Options,
  bent: Partial<AcmeParts> = {},
): VirtualNumberProvider {
  const parts: AcmeParts = {
    name: 'acme',
    pace: { pollMs: 1_000, acquiresPerMinute: 60 },
    call: callVendor,
    refusal(answer) {
      const kind = kindIn(answer);
      return kind ? new VirtualNumberError(kind, `acme refused: ${kind}`) : refusalOfStatus('acme', answer, clock());
    },
    numberIn({ text }) {
      const { id, number } = readObject(text) ?? {};
      return typeof id === 'string' && typeof number === 'string' && /^\+\d{7,15}$/.test(number)
        ? { id, number }
        : null;
    },
    leaseOf: (lease) => lease,
    textsOf: (texts, { acquiredAtMs }) => texts.filter(({ at }) => at >= acquiredAtMs),
    pollOf: (texts) =>
      texts.length === 0
        ? { state: 'waiting', answer: 'no text' }
        : { state: 'received', texts: texts.map(({ text, from }) => ({ code: null, text, from })) },
    lost: () => ({ state: 'lost', answer: 'the number is gone' }),
    releasedBy(answer) {
      if (answer.status === 204 || answer.status === 404) return 'released';
      if (answer.status === 409) return 'too_early';
      throw parts.refusal(answer);
    },
    ...bent,
  };
  const { name, pace } = parts;

  function call(method: 'GET' | 'POST' | 'DELETE', path: string, signal: AbortSignal): Promise<VendorAnswer> {
    const url = new URL(`${baseUrl}/numbers${path}`);
    return parts.call({ name, method, url, headers: { authorization: `Bearer ${apiKey}` }, signal, timeoutMs });
  }

  return {
    name,
    pace,
    async acquire(_wanted, { signal }) {
      const answer = await call('POST', '', signal);
      if (answer.status >= 300) throw parts.refusal(answer);
      const found = parts.numberIn(answer);
      if (!found) throw notUnderstood(name, answer);
      const acquiredAtMs = clock();
      const { id: handle, number } = found;
      return parts.leaseOf({ provider: name, handle, number, acquiredAtMs, expiresAtMs: null });
    },
    async poll(lease, { signal }) {
      const answer = await call('GET', `/${lease.handle}`, signal);
      if (answer.status === 410) return parts.lost(lease);
      if (answer.status >= 300) throw parts.refusal(answer);
      const texts = readObject(answer.text)?.['texts'];
      if (!Array.isArray(texts)) throw notUnderstood(name, answer);
      return parts.pollOf(parts.textsOf(texts as AcmeText[], lease));
    },
    async release({ handle }, _reason, { signal }) {
      return parts.releasedBy(await call('DELETE', `/${handle}`, signal));
    },
    async balance({ signal }) {
      const answer = await call('GET', '/balance', signal);
      if (answer.status >= 300) throw parts.refusal(answer);
      const left = Number(readObject(answer.text)?.['balance']);
      if (Number.isNaN(left)) throw notUnderstood(name, answer);
      return left;
    },
  };
}

const json = (status: number, body: unknown) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

export const acmeUnderTest: VirtualNumberUnderTest = {
  open: (baseUrl, options) => acme(baseUrl, options),
  wanted: { country: 'US' },
  credentials: [apiKey],
  numbers: ['+12025550143', '+12025550144'],
  asks: ['acquire', 'poll', 'release'],
  actOf({ method, url }) {
    if (url.endsWith('/balance')) return null;
    return ({ POST: 'acquire', GET: 'poll', DELETE: 'release' } as const)[method] ?? null;
  },
  answer({ method }, { number, texts, isLost }) {
    if (method === 'POST') return json(201, { id: number.slice(1), number });
    if (method === 'DELETE') return { status: 204, body: '' };
    return isLost
      ? json(410, { error: 'gone' })
      : json(200, { texts: texts.map(({ text, from, atMs }) => ({ text, from, at: atMs })) });
  },
  tellsText: true,
  tellsSender: true,
  canBeLost: true,
  answers: [
    { name: 'bad key', on: 'acquire', reply: json(400, { error: 'bad_key' }), is: 'auth' },
    { name: 'no such country', on: 'acquire', reply: json(400, { error: 'no_country' }), is: 'config' },
    { name: 'no money', on: 'acquire', reply: json(400, { error: 'no_money' }), is: 'funds' },
    { name: 'sold out', on: 'acquire', reply: json(503, { error: 'sold_out' }), is: 'no_numbers' },
    { name: 'nothing yet', on: 'poll', reply: json(200, { texts: [] }), is: 'waiting' },
    { name: 'gone', on: 'poll', reply: json(410, { error: 'gone' }), is: 'lost' },
    { name: 'bad key, of a poll', on: 'poll', reply: json(400, { error: 'bad_key' }), is: 'auth' },
    { name: 'too early', on: 'release', reply: json(409, {}), is: 'too_early' },
    { name: 'given back before', on: 'release', reply: json(404, {}), is: 'released' },
  ],
};
