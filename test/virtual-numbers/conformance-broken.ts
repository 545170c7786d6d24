import { gunzipSync } from 'node:zlib';
import { VirtualNumberError } from '../../src/errors.ts';
import { readObject } from '../../src/providers/exchange.ts';
import type { VirtualNumberUnderTest } from '../../src/testing/virtual-number-conformance.ts';
import { callVendor, type VendorAnswer, type VendorCall } from '../../src/virtual-numbers/exchange.ts';
import { refusalOfStatus } from '../../src/virtual-numbers/refusal.ts';
import type { VirtualNumberProvider } from '../../src/virtual-numbers/virtual-number.ts';
import { acme, apiKey, kindIn, type AcmeParts } from './conformance-acme.ts';

/** An adapter that breaks a promise, in a way that some real one does, and must fail the cases that say it. */
interface BrokenAdapter {
  open: VirtualNumberUnderTest['open'];
  fails: readonly [string, ...string[]];
}

const bent =
  (parts: Partial<AcmeParts>): BrokenAdapter['open'] =>
  (baseUrl, options) =>
    acme(baseUrl, options, parts);

/** A right adapter, with methods of its own around it. */
const around =
  (
    change: (adapter: VirtualNumberProvider, baseUrl: string) => Partial<VirtualNumberProvider>,
  ): BrokenAdapter['open'] =>
  (baseUrl, options) => {
    const adapter = acme(baseUrl, options);
    return { ...adapter, ...change(adapter, baseUrl) };
  };

async function plainFetch({ url, method, headers = {} }: VendorCall, init: RequestInit = {}): Promise<VendorAnswer> {
  const response = await fetch(url, { method, headers, redirect: 'manual', ...init });
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  return { status: response.status, headers: response.headers, text: text.toString() };
}

/** Calls by `fetch` as it comes, and says `unavailable` of everything that goes wrong but an abort. */
function calling(init: (call: VendorCall) => RequestInit): AcmeParts['call'] {
  return async (call) => {
    try {
      return await plainFetch(call, init(call));
    } catch {
      call.signal.throwIfAborted();
      throw new VirtualNumberError('unavailable', 'acme gave no answer');
    }
  };
}

const heeding = ({ signal, timeoutMs = 10_000 }: VendorCall): RequestInit => ({
  signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
});

const anyDigits = /\d{7,15}/;

export const brokenAdapters: Readonly<Record<string, BrokenAdapter>> = {
  'greets its vendor when it is made': {
    open: around((_adapter, baseUrl) => {
      void fetch(baseUrl).catch(() => null);
      return {};
    }),
    fails: ['making an adapter connects to nothing'],
  },
  'is named as its vendor writes itself': {
    open: bent({ name: 'ACME Ltd.' }),
    fails: ['name and pace are well-formed'],
  },
  'lets no number be acquired': {
    open: bent({ pace: { pollMs: 1_000, acquiresPerMinute: 0 } }),
    fails: ['name and pace are well-formed'],
  },
  'gives the number without its plus': {
    open: bent({ leaseOf: (lease) => ({ ...lease, number: lease.number.slice(1) }) }),
    fails: ['a number is acquired in E.164, under a lease that says whose it is and since when'],
  },
  'goes by the clock of the system': {
    open: bent({ leaseOf: (lease) => ({ ...lease, acquiredAtMs: Date.now() }) }),
    fails: ['a number is acquired in E.164, under a lease that says whose it is and since when'],
  },
  'knows a lease by the object that it gave': {
    open: around((adapter) => {
      const given = new WeakSet();
      return {
        async acquire(wanted, call) {
          const lease = await adapter.acquire(wanted, call);
          given.add(lease);
          return lease;
        },
        async poll(lease, call) {
          if (!given.has(lease)) throw new VirtualNumberError('config', 'not a lease of acme');
          return adapter.poll(lease, call);
        },
      };
    }),
    fails: ['a lease can be written down and read again'],
  },
  'asks again where its vendor has a bad moment': {
    open: bent({
      async call(call) {
        const answer = await callVendor(call);
        return answer.status >= 500 ? callVendor(call) : answer;
      },
    }),
    fails: ['a number is asked for once, whatever the vendor answers'],
  },
  'keeps the last number that it got': {
    open: around((adapter) => {
      let handle = '';
      return {
        async acquire(wanted, call) {
          const lease = await adapter.acquire(wanted, call);
          ({ handle } = lease);
          return lease;
        },
        poll: async (lease, call) => adapter.poll({ ...lease, handle }, call),
      };
    }),
    fails: ['two leases at once do not mix'],
  },
  'loses its patience': {
    open: around((adapter) => {
      let polls = 0;
      return {
        async poll(lease, call) {
          polls += 1;
          return polls > 2 ? { state: 'lost', answer: 'enough' } : adapter.poll(lease, call);
        },
      };
    }),
    fails: ['nothing there yet is waiting, as often as it is asked'],
  },
  'takes nothing for a text': {
    open: bent({
      pollOf: (texts) => ({ state: 'received', texts: texts.map(({ text, from }) => ({ code: null, text, from })) }),
    }),
    fails: [
      'nothing there yet is waiting, as often as it is asked',
      'every answer that the vendor documents is what it means',
    ],
  },
  'keeps the digits of a text': {
    open: bent({
      pollOf: (texts) =>
        texts.length === 0
          ? { state: 'waiting', answer: 'no text' }
          : {
              state: 'received',
              texts: texts.map(({ text, from }) => ({ code: /\d{6}/.exec(text)?.[0] ?? null, text: null, from })),
            },
    }),
    fails: ['a text is received whole, with its sender, or its code where the vendor tells that alone'],
  },
  'tells the newest text first': {
    open: bent({ textsOf: (texts, { acquiredAtMs }) => texts.filter(({ at }) => at >= acquiredAtMs).toReversed() }),
    fails: ['of several texts the newest is the last, and a poll tells them again'],
  },
  'tells a text once': {
    open(baseUrl, options) {
      const told = new Set<string>();
      return acme(baseUrl, options, {
        textsOf: (texts, { acquiredAtMs }) =>
          texts.filter(({ at, text }) => at >= acquiredAtMs && !told.has(text) && told.add(text)),
      });
    },
    fails: ['of several texts the newest is the last, and a poll tells them again'],
  },
  'tells whatever is there': {
    open: bent({ textsOf: (texts) => texts }),
    fails: ['a poll tells nothing that arrived before the lease'],
  },
  'tells what came a while before': {
    open: bent({ textsOf: (texts, { acquiredAtMs }) => texts.filter(({ at }) => at >= acquiredAtMs - 30_000) }),
    fails: ['a poll tells nothing that arrived before the lease'],
  },
  'waits for a number that is gone': {
    open: bent({ lost: () => ({ state: 'waiting', answer: 'gone' }) }),
    fails: ['a number that the vendor took back is lost'],
  },
  'goes by the status alone': {
    open: bent({ refusal: (answer) => refusalOfStatus('acme', answer, 0) }),
    fails: ['every answer that the vendor documents is what it means'],
  },
  'says of every refusal that it was not understood': {
    open: bent({
      refusal: (answer) => new VirtualNumberError(kindIn(answer) ?? 'protocol', 'acme refused'),
    }),
    fails: [
      'a status without a word of the vendor is judged by itself',
      'Retry-After reaches the caller, in seconds and as a date',
    ],
  },
  'reads Retry-After as seconds only': {
    open: bent({
      refusal(answer) {
        const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
        return new VirtualNumberError(kindIn(answer) ?? refusalOfStatus('acme', answer, 0).kind, 'acme refused', {
          retryAfterSeconds: Number.isFinite(seconds) ? seconds : undefined,
        });
      },
    }),
    fails: ['Retry-After reaches the caller, in seconds and as a date'],
  },
  'takes any digits for a number': {
    open: bent({
      numberIn({ text }) {
        const [digits] = anyDigits.exec(text) ?? [];
        return digits === undefined ? null : { id: digits, number: `+${digits}` };
      },
    }),
    fails: ['words that are in no documentation are never a number'],
  },
  'takes any digits for a code': {
    open: around((adapter, baseUrl) => ({
      async poll(lease, { signal }) {
        const { text } = await callVendor({
          name: 'acme',
          method: 'GET',
          url: new URL(`${baseUrl}/numbers/1`),
          signal,
        });
        const [code] = /\d{4,10}/.exec(text) ?? [];
        return code === undefined
          ? adapter.poll(lease, { signal })
          : { state: 'received', texts: [{ code, text: null, from: null }] };
      },
    })),
    fails: ['words that are in no documentation are never a code'],
  },
  'looks at no status': {
    open: bent({ call: async (call) => ({ ...(await callVendor(call)), status: 200 }) }),
    fails: ['a number in an answer of 4xx or 5xx is none, and a text neither'],
  },
  'makes the best of half an answer': {
    open: bent({
      async call(call) {
        const response = await fetch(call.url, { method: call.method, headers: call.headers ?? {}, ...heeding(call) });
        let text = '';
        const decoder = new TextDecoder();
        try {
          for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) text += decoder.decode(chunk);
        } catch {
          call.signal.throwIfAborted();
        }
        return { status: response.status, headers: response.headers, text };
      },
    }),
    fails: ['an answer that is cut off is never a number and never a text'],
  },
  'reads no gzip that does not say so': {
    open: bent({
      async call(call) {
        const response = await fetch(call.url, { method: call.method, headers: call.headers ?? {}, ...heeding(call) });
        return { status: response.status, headers: response.headers, text: await response.text() };
      },
    }),
    fails: ['a compressed answer is read, also where nothing says that it is compressed'],
  },
  'says of broken gzip that the vendor is unavailable, and unpacks without end': {
    open: bent({ call: calling(heeding) }),
    fails: ['a compressed answer that is broken is an error, never a number and never a text'],
  },
  'follows redirects': {
    open: bent({ call: calling((call) => ({ ...heeding(call), redirect: 'follow' })) }),
    fails: ['a redirect is not followed: the other place sees nothing'],
  },
  'reads answers to their end': {
    open: bent({ call: calling(({ signal }) => ({ signal: AbortSignal.any([signal, AbortSignal.timeout(7_000)]) })) }),
    fails: ['an answer without end is cut, and is never a number and never a text'],
  },
  'lets errors through as they come': {
    open: bent({ call: async (call) => plainFetch(call, heeding(call)) }),
    fails: ['a vendor that cannot be reached is unavailable', 'a connection that breaks is unavailable'],
  },
  'says of a broken connection that the answer was not understood': {
    open: bent({
      call: async (call) =>
        callVendor(call).catch((error: unknown) => {
          if (!(error instanceof VirtualNumberError)) throw error;
          throw new VirtualNumberError('protocol', 'acme was not understood');
        }),
    }),
    fails: ['a vendor that cannot be reached is unavailable', 'a connection that breaks is unavailable'],
  },
  'has all the time in the world': {
    open: bent({ call: calling(({ signal }) => ({ signal })) }),
    fails: ['a vendor that does not answer within the limit of a call is unavailable'],
  },
  'does not heed its signal': {
    open: bent({ call: async (call) => callVendor({ ...call, signal: new AbortController().signal }) }),
    fails: [
      'the signal ends a call at once while the vendor is silent: with its reason, and the connection is closed',
      'the signal ends a call at once in the middle of the answer: with its reason, and the connection is closed',
      'a call whose signal was aborted before asks nobody',
    ],
  },
  'says that it was unavailable when its signal aborted': {
    open: bent({
      call: async (call) =>
        callVendor(call).catch(() => {
          throw new VirtualNumberError('unavailable', 'acme gave no answer');
        }),
    }),
    fails: [
      'the signal ends a call at once while the vendor is silent: with its reason, and the connection is closed',
      'the signal ends a call at once in the middle of the answer: with its reason, and the connection is closed',
    ],
  },
  'gives up when its signal says so and lets the request go on': {
    open: bent({
      async call(call) {
        call.signal.throwIfAborted();
        const aborted = new Promise<never>((_resolve, reject) => {
          call.signal.addEventListener('abort', () => reject(call.signal.reason as Error));
        });
        return Promise.race([aborted, plainFetch(call)]);
      },
    }),
    fails: ['the signal ends a call at once while the vendor is silent: with its reason, and the connection is closed'],
  },
  'gives a number back once': {
    open: around((adapter) => {
      const ended = new Set<string>();
      return {
        async release(lease, reason, call) {
          if (ended.has(lease.handle)) throw new VirtualNumberError('protocol', 'ended');
          ended.add(lease.handle);
          return adapter.release(lease, reason, call);
        },
      };
    }),
    fails: ['a number is given back, whatever for; and again: the same'],
  },
  'fails to give numbers back': {
    open: bent({
      releasedBy() {
        throw new VirtualNumberError('unavailable', 'acme is out of order');
      },
    }),
    fails: [
      'a number is given back, whatever for; and again: the same',
      'withNumber releases after success, as used',
      'withNumber releases after a failure, as unused',
    ],
  },
  'tells its vendor nothing of numbers that are given back': {
    open: around(() => ({ release: async () => 'released' })),
    fails: [
      'withNumber releases after a failure, as unused',
      'withNumber releases at Ctrl-C, while a poll is under way, as unused',
    ],
  },
  'works only until the program is interrupted': {
    open: around((adapter) => {
      let interrupted = false;
      return {
        async poll(lease, call) {
          call.signal.addEventListener('abort', () => (interrupted = true));
          return adapter.poll(lease, call);
        },
        async release(lease, reason, call) {
          if (interrupted) throw new VirtualNumberError('unavailable', 'the connection is closed');
          return adapter.release(lease, reason, call);
        },
      };
    }),
    fails: ['withNumber releases at Ctrl-C, while a poll is under way, as unused'],
  },
  "tells the vendor's own words": {
    open: bent({
      refusal: ({ status, text }) => new VirtualNumberError('unavailable', `acme said ${status}: ${text}`),
    }),
    fails: [
      'no error holds number, text, code or credential, even where the vendor repeats them',
      'no error of a balance holds a credential',
    ],
  },
  "tells the vendor's own word, whatever it is": {
    open: bent({
      refusal: ({ text }) => new VirtualNumberError('unavailable', `acme said ${String(readObject(text)?.['error'])}`),
    }),
    fails: ['no error holds number, text, code or credential, even where the vendor repeats them'],
  },
  'keeps its call as the cause of an error': {
    open: bent({
      call: async (call) =>
        callVendor(call).catch((error: unknown) => {
          if (!(error instanceof VirtualNumberError)) throw error;
          throw new VirtualNumberError(error.kind, error.message, { cause: call });
        }),
    }),
    fails: ['no error holds number, text, code or credential, even where the vendor repeats them'],
  },
  'keeps the key in the lease': {
    open: bent({ leaseOf: (lease) => ({ ...lease, handle: `${lease.handle}?key=${apiKey}` }) }),
    fails: ['no lease and no poll holds a credential, and no word of a poll that waits the number'],
  },
  'names the number while it waits': {
    open: around((adapter) => ({
      async poll(lease, call) {
        const came = await adapter.poll(lease, call);
        return came.state === 'waiting' ? { ...came, answer: `nothing on ${lease.number}` } : came;
      },
    })),
    fails: ['no lease and no poll holds a credential, and no word of a poll that waits the number'],
  },
};
