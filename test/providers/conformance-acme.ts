import { createHmac, timingSafeEqual } from 'node:crypto';
import { ProviderError, ReceiptError, type ProviderErrorKind } from '../../src/errors.ts';
import {
  kindOfStatus,
  postToVendor,
  readObject,
  retryAfterSeconds,
  type VendorAnswer,
} from '../../src/providers/exchange.ts';
import type { Message, Provider, Receipt, ReceiptRequest } from '../../src/providers/provider.ts';
import { referenceIn } from '../../src/providers/receipt-url.ts';
import type { ProviderUnderTest } from '../../src/testing/provider-conformance.ts';

const apiKey = 'acme-api-key-5d0f';
const signingKey = 'acme-signing-key-91c2';
const windowMs = 300_000;

/** What a provider of the vendor Acme does, each to be done otherwise. */
export interface AcmeParts {
  readonly name: string;
  bodyOf(message: Message): string;
  post: typeof postToVendor;
  idIn(answer: VendorAnswer): string;
  refusal(answer: VendorAnswer): ProviderError;
  receipts: Provider['receipts'];
}

const kinds: Readonly<Record<string, ProviderErrorKind>> = {
  bad_number: 'invalid_number',
  stopped: 'opted_out',
  slow_down: 'rate_limited',
  bad_key: 'auth',
};

export function kindIn({ text, status }: VendorAnswer): ProviderErrorKind {
  const code = readObject(text)?.['error'];
  return typeof code === 'string' && Object.hasOwn(kinds, code) ? (kinds[code] ?? 'unknown') : kindOfStatus(status);
}

/** Makes a right provider, but for what is bent. */
export function acme(baseUrl: string, bent: Partial<AcmeParts> = {}): Provider {
  const parts: AcmeParts = {
    name: 'acme',
    bodyOf: ({ to, text, receiptUrl }) => JSON.stringify({ to, text, callback: receiptUrl('acme') }),
    post: postToVendor,
    idIn({ text }) {
      const id = readObject(text)?.['id'];
      if (typeof id !== 'string' || id === '') throw new ProviderError('ambiguous', 'acme gave no id');
      return id;
    },
    refusal: (answer) =>
      new ProviderError(kindIn(answer), `acme refused the message: ${kindIn(answer)} (HTTP ${answer.status})`, {
        retryAfterSeconds: retryAfterSeconds(answer),
      }),
    receipts: async (request) => readReceipts(request),
    ...bent,
  };
  const { name, receipts } = parts;
  return {
    name,
    channels: ['sms'],
    async send(message, { signal }) {
      const answer = await parts.post({
        name,
        url: `${baseUrl}/messages`,
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: parts.bodyOf(message),
        signal,
      });
      const isTaken = answer.status >= 200 && answer.status < 300 && readObject(answer.text)?.['error'] === undefined;
      if (!isTaken) throw parts.refusal(answer);
      return { messageId: parts.idIn(answer) };
    },
    ...(receipts && { receipts }),
  };
}

export function signatureOf({ url, body }: Pick<ReceiptRequest, 'url' | 'body'>, signedAt: string): string {
  return createHmac('sha256', signingKey).update(`${signedAt}.${url}.`).update(body).digest('hex');
}

/** What is read of a receipt, each check to be left out. */
export function readReceipts(
  request: ReceiptRequest,
  { isSigned = hasSignature, isNow = isWithin, read = readReceipt } = {},
): Receipt[] {
  if (!isSigned(request)) throw new ReceiptError('acme-signature is not that of this receipt');
  if (!isNow(request)) throw new ReceiptError('acme-signed-at is not within 5 minutes of now');
  return read(request);
}

function hasSignature(request: ReceiptRequest): boolean {
  const right = Buffer.from(signatureOf(request, request.headers.get('acme-signed-at') ?? ''));
  const given = Buffer.from(request.headers.get('acme-signature') ?? '');
  return right.length === given.length && timingSafeEqual(right, given);
}

function isWithin({ headers, nowMs }: ReceiptRequest): boolean {
  return Math.abs(nowMs - Number(headers.get('acme-signed-at'))) <= windowMs;
}

function readReceipt({ body, url }: ReceiptRequest): Receipt[] {
  const { id, status } = readObject(Buffer.from(body).toString()) ?? {};
  if (typeof id !== 'string' || typeof status !== 'string') throw new ReceiptError('id or status is missing');
  if (status !== 'sent' && status !== 'delivered' && status !== 'failed') return [];
  return [{ messageId: id, reference: referenceIn(url), status, errorKind: null }];
}

function sign(body: Uint8Array, { url, nowMs }: { url: string; nowMs: number }): ReceiptRequest {
  const headers = new Headers({ 'acme-signed-at': String(nowMs) });
  headers.set('acme-signature', signatureOf({ url, body }, String(nowMs)));
  return { method: 'POST', url, headers, body, nowMs };
}

export const acmeUnderTest: ProviderUnderTest = {
  open: (baseUrl) => acme(baseUrl),
  credentials: [apiKey, signingKey],
  accepted: (id) => ({ status: 201, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id }) }),
  failures: [
    { name: 'bad number', reply: { status: 400, body: '{"error":"bad_number"}' }, kind: 'invalid_number' },
    { name: 'stopped, in a 2xx answer', reply: { status: 200, body: '{"error":"stopped"}' }, kind: 'opted_out' },
    { name: 'slow down', reply: { status: 400, body: '{"error":"slow_down"}' }, kind: 'rate_limited' },
    { name: 'bad key', reply: { status: 403, body: '{"error":"bad_key"}' }, kind: 'auth' },
  ],
  readRequest({ body }) {
    const { to, text } = JSON.parse(body) as { to: string; text: string };
    return { to, text };
  },
  receipts: {
    signed: ({ messageId: id, status, url, nowMs }) =>
      sign(Buffer.from(JSON.stringify({ id, status })), { url, nowMs }),
    sign,
    oldestMs: windowMs,
    signsUrl: true,
    signatureHeaders: ['acme-signature', 'acme-signed-at'],
  },
};
