import { ProviderError, ReceiptError } from '../../src/errors.ts';
import { postToVendor, readObject, type VendorAnswer, type VendorCall } from '../../src/providers/exchange.ts';
import type { Message, Provider, Receipt, ReceiptRequest } from '../../src/providers/provider.ts';
import { acme, kindIn, readReceipts, signatureOf, type AcmeParts } from './conformance-acme.ts';

/** A provider that breaks a promise, in a way that some real one does, and must fail the cases that say it. */
interface BrokenProvider {
  open: (baseUrl: string) => Provider;
  fails: readonly [string, ...string[]];
}

const bent =
  (parts: Partial<AcmeParts>): BrokenProvider['open'] =>
  (baseUrl) =>
    acme(baseUrl, parts);

const bentReceipts = (checks: Parameters<typeof readReceipts>[1]): BrokenProvider['open'] =>
  bent({ receipts: async (request) => readReceipts(request, checks) });

async function plainFetch({ url, headers, body }: VendorCall, init: RequestInit = {}): Promise<VendorAnswer> {
  const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', ...init });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Posts by `fetch` as it comes, and says the same of everything that goes wrong. */
function saying(kind: 'temporary' | 'ambiguous', init: (call: VendorCall) => RequestInit): AcmeParts['post'] {
  return async (call) => {
    try {
      return await plainFetch(call, init(call));
    } catch {
      throw new ProviderError(kind, 'acme gave no answer');
    }
  };
}

const heeding = ({ signal }: VendorCall): RequestInit => ({ signal });

function shared(): BrokenProvider['open'] {
  return (baseUrl) => {
    let last: Message | undefined;
    const provider = acme(baseUrl, {
      bodyOf: () => JSON.stringify({ to: last?.to, text: last?.text }),
      post: async (call) => postToVendor({ ...call, body: JSON.stringify({ to: last?.to, text: last?.text }) }),
    });
    return {
      ...provider,
      async send(message, options) {
        last = message;
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        return provider.send(message, options);
      },
    };
  };
}

function once(): AcmeParts['receipts'] {
  const seen = new Set<string>();
  return async (request) => {
    const receipts = readReceipts(request);
    const key = JSON.stringify(receipts);
    if (seen.has(key)) return [];
    seen.add(key);
    return receipts;
  };
}

export const brokenProviders: Readonly<Record<string, BrokenProvider>> = {
  'greets its vendor when it is made': {
    open(baseUrl) {
      void fetch(baseUrl).catch(() => null);
      return acme(baseUrl);
    },
    fails: ['making a provider connects to nothing'],
  },
  'is named as its vendor writes itself': {
    open: bent({ name: 'ACME Ltd.' }),
    fails: ['name, channels and time-out are well-formed'],
  },
  'puts a form together by hand': {
    open: bent({ bodyOf: ({ to, text }) => `{"to":"${to}","text":"${text.replaceAll('\n', String.raw`\n`)}"}` }),
    fails: ['a request carries number and text unharmed'],
  },
  'trims the text': {
    open: bent({ bodyOf: ({ to, text }) => JSON.stringify({ to, text: text.trim() }) }),
    fails: ['a request carries number and text unharmed'],
  },
  'puts the text into a template by replace': {
    open: bent({
      bodyOf: ({ to, text }) => '{"to":"TO","text":TEXT}'.replace('TO', to).replace('TEXT', JSON.stringify(text)),
    }),
    fails: ['a request carries number and text unharmed'],
  },
  'writes the number without its plus': {
    open: bent({ bodyOf: ({ to, text }) => JSON.stringify({ to: to.slice(1), text }) }),
    fails: ['a request carries number and text unharmed'],
  },
  'tries again where the vendor has a bad moment': {
    open: bent({
      async post(call) {
        const answer = await postToVendor(call);
        return answer.status >= 500 ? postToVendor(call) : answer;
      },
    }),
    fails: ['one send is one request, whatever the vendor answers'],
  },
  'tries again where the connection broke': {
    open: bent({ post: async (call) => postToVendor(call).catch(async () => postToVendor(call)) }),
    fails: ['one send is one request, whatever the vendor answers'],
  },
  'keeps the message in a place that all sends share': {
    open: shared(),
    fails: ['50 parallel sends do not mix'],
  },
  'mends the message that it was given': {
    open(baseUrl) {
      const provider = acme(baseUrl);
      return {
        ...provider,
        async send(message, options) {
          Object.assign(message, { text: `${message.text} ` });
          return provider.send(message, options);
        },
      };
    },
    fails: ['a message is left as it is'],
  },
  'asks for the address of receipts under another name': {
    open: bent({ bodyOf: ({ to, text, receiptUrl }) => JSON.stringify({ to, text, callback: receiptUrl('sms') }) }),
    fails: ['the address for receipts is asked for under the name of the provider, and may be missing'],
  },
  'takes it for granted that receipts have an address': {
    open: bent({
      bodyOf: ({ to, text, receiptUrl }) =>
        JSON.stringify({ to, text, callback: new URL(String(receiptUrl('acme'))).href }),
    }),
    fails: ['the address for receipts is asked for under the name of the provider, and may be missing'],
  },
  'makes up the id of a message': {
    open: bent({ idIn: () => 'id-1' }),
    fails: [
      'an accepted answer resolves with the id that the vendor gave',
      'a 2xx answer that cannot be read leaves open whether the message was taken',
    ],
  },
  'takes whatever is there for the id': {
    open: bent({ idIn: ({ text }) => String(readObject(text)?.['id']) }),
    fails: ['a 2xx answer that cannot be read leaves open whether the message was taken'],
  },
  'says that a 2xx answer which it cannot read is a refusal': {
    open: bent({
      idIn({ text }) {
        const id = readObject(text)?.['id'];
        if (typeof id === 'string' && id !== '') return id;
        throw new ProviderError('temporary', 'acme gave no id');
      },
    }),
    fails: ['a 2xx answer that cannot be read leaves open whether the message was taken'],
  },
  'goes by the status alone': {
    open: bent({
      refusal: ({ status }) => new ProviderError(kindIn({ text: '', status, headers: new Headers() }), 'no'),
    }),
    fails: [
      'every failure that the vendor documents is its kind',
      'Retry-After reaches the caller, in seconds and as a date',
    ],
  },
  'takes any 400 for a number that is wrong, and every 5xx for a no': {
    open: bent({
      refusal(answer) {
        if (answer.status >= 500) return new ProviderError('temporary', 'no');
        return new ProviderError(answer.status === 400 ? 'invalid_number' : kindIn(answer), 'no');
      },
    }),
    fails: ['a status without a word of the vendor is judged by itself'],
  },
  'reads Retry-After as seconds only': {
    open: bent({
      refusal(answer) {
        const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
        const retryAfterSeconds = Number.isFinite(seconds) ? seconds : undefined;
        return new ProviderError(kindIn(answer), 'no', { retryAfterSeconds });
      },
    }),
    fails: ['Retry-After reaches the caller, in seconds and as a date'],
  },
  'does not read compressed answers': {
    open: bent({
      async post(call) {
        const answer = await postToVendor(call);
        return answer.headers.has('content-encoding') ? { ...answer, text: '' } : answer;
      },
    }),
    fails: [
      'a compressed answer is read; one that only claims to be compressed leaves open whether the message was taken',
    ],
  },
  'follows redirects': {
    open: bent({ post: saying('ambiguous', ({ signal }) => ({ signal, redirect: 'follow' })) }),
    fails: ['a redirect is not followed: the other place sees nothing'],
  },
  'reads answers to their end': {
    open: bent({
      async post(call) {
        const answer = await plainFetch(call, { signal: AbortSignal.timeout(12_000) }).catch(() => null);
        if (!answer) throw new ProviderError('ambiguous', 'acme gave no answer');
        return answer;
      },
    }),
    fails: ['an answer without end is cut'],
  },
  'says of everything that goes wrong on the way that the message was not taken': {
    open: bent({ post: saying('temporary', heeding) }),
    fails: [
      'a connection that breaks once the request is written is ambiguous',
      'a connection that breaks before the answer ends is ambiguous',
      'the signal ends a send at once while the vendor is silent: ambiguous, and the connection is closed',
      'the signal ends a send at once in the middle of the answer: ambiguous, and the connection is closed',
    ],
  },
  'says of everything that goes wrong on the way that the message may have been taken': {
    open: bent({ post: saying('ambiguous', heeding) }),
    fails: [
      'a vendor that refuses the connection is temporary: it took nothing',
      'a host that is not known is temporary: it took nothing',
    ],
  },
  'lets errors through as they come': {
    open: bent({ post: async (call) => plainFetch(call, heeding(call)) }),
    fails: [
      'a vendor that refuses the connection is temporary: it took nothing',
      'a connection that breaks once the request is written is ambiguous',
    ],
  },
  'does not heed its signal': {
    open: bent({ post: saying('ambiguous', () => ({})) }),
    fails: [
      'the signal ends a send at once while the vendor is silent: ambiguous, and the connection is closed',
      'the signal ends a send at once in the middle of the answer: ambiguous, and the connection is closed',
      'a send whose signal was aborted before asks nobody',
    ],
  },
  'gives up when its signal says so and lets the request go on': {
    open: bent({
      async post(call) {
        const aborted = new Promise<never>((_resolve, reject) => {
          call.signal.addEventListener('abort', () => reject(new ProviderError('ambiguous', 'given up')));
        });
        return Promise.race([aborted, plainFetch(call)]);
      },
    }),
    fails: ['the signal ends a send at once while the vendor is silent: ambiguous, and the connection is closed'],
  },
  "tells the vendor's own words": {
    open: bent({ refusal: (answer) => new ProviderError(kindIn(answer), `acme: ${answer.text}`) }),
    fails: ['no error holds number, text, code or credential, even where the vendor repeats them'],
  },
  "tells the vendor's own code, whatever it is": {
    open: bent({
      refusal: (answer) => new ProviderError(kindIn(answer), `acme: ${String(readObject(answer.text)?.['error'])}`),
    }),
    fails: ['no error holds number, text, code or credential, even where the vendor repeats them'],
  },
  'keeps its request as the cause of an error': {
    open: bent({
      async post(call) {
        return postToVendor(call).catch((error: unknown) => {
          const { kind, message } = error as ProviderError;
          throw new ProviderError(kind, message, { cause: call });
        });
      },
    }),
    fails: ['no error holds number, text, code or credential, even where the vendor repeats them'],
  },
  'does not look at the signature': {
    open: bentReceipts({ isSigned: () => true }),
    fails: [
      'whatever byte of the body is changed, nothing else is read out of it',
      'whatever character of a signature is changed, the receipt is refused',
      'a receipt without a signature, with an empty one or one without end is refused',
      'a receipt that was signed for another address is refused, where addresses are signed',
    ],
  },
  'looks at a signature only where there is one': {
    open: bentReceipts({
      isSigned: (request) =>
        !request.headers.get('acme-signature') ||
        request.headers.get('acme-signature') === signatureOf(request, request.headers.get('acme-signed-at') ?? ''),
    }),
    fails: ['a receipt without a signature, with an empty one or one without end is refused'],
  },
  'looks at the beginning of a signature': {
    open: bentReceipts({
      isSigned(request) {
        const right = signatureOf(request, request.headers.get('acme-signed-at') ?? '');
        return request.headers.get('acme-signature')?.slice(0, 16) === right.slice(0, 16);
      },
    }),
    fails: ['whatever character of a signature is changed, the receipt is refused'],
  },
  'compares signatures in a way that throws where their lengths differ': {
    open: bentReceipts({
      isSigned(request) {
        const right = signatureOf(request, request.headers.get('acme-signed-at') ?? '');
        const given = request.headers.get('acme-signature') ?? '';
        if (given.length !== right.length) throw new RangeError('lengths differ');
        return given === right;
      },
    }),
    fails: ['a receipt without a signature, with an empty one or one without end is refused'],
  },
  'reads the reference out of an address that it does not verify': {
    open: bentReceipts({ isSigned: ({ body }) => readObject(Buffer.from(body).toString()) !== null }),
    fails: ['a receipt that was signed for another address is refused, where addresses are signed'],
  },
  'takes receipts of any age': {
    open: bentReceipts({ isNow: () => true }),
    fails: ['a receipt that is too old, or from the future, is refused, where a time is signed'],
  },
  'takes receipts from the future': {
    open: bentReceipts({ isNow: ({ nowMs, headers }) => nowMs - Number(headers.get('acme-signed-at')) <= 300_000 }),
    fails: ['a receipt that is too old, or from the future, is refused, where a time is signed'],
  },
  'goes by a clock of its own': {
    open: bentReceipts({ isNow: ({ headers }) => Date.now() - Number(headers.get('acme-signed-at')) <= 300_000 }),
    fails: ['a receipt that is too old, or from the future, is refused, where a time is signed'],
  },
  'reads a receipt once': {
    open: (baseUrl) => acme(baseUrl, { receipts: once() }),
    fails: ['the same receipt again reads the same'],
  },
  'forgets the reference, and what is not delivered': {
    open: bentReceipts({
      read: ({ body }: ReceiptRequest): Receipt[] => {
        const { id } = readObject(Buffer.from(body).toString()) ?? {};
        return [{ messageId: String(id), reference: null, status: 'delivered', errorKind: null }];
      },
    }),
    fails: ['a receipt of each status is read, with message id and reference'],
  },
  'breaks at a body that is not JSON': {
    open: bent({
      async receipts(request) {
        JSON.parse(Buffer.from(request.body).toString());
        return readReceipts(request);
      },
    }),
    fails: [
      'a body that is no receipt is refused, or says nothing: it breaks nothing',
      'whatever byte of the body is changed, nothing else is read out of it',
    ],
  },
  'tells what is in a receipt that it refuses': {
    open: bent({
      async receipts(request) {
        try {
          return readReceipts(request);
        } catch {
          throw new ReceiptError(`refused: ${Buffer.from(request.body).toString()}`);
        }
      },
    }),
    fails: ['no error of a receipt holds what is in it, or a credential'],
  },
};
