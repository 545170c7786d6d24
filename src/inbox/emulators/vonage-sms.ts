import { randomBytes, randomUUID } from 'node:crypto';
import { SegmentedMessage } from 'sms-segments-calculator';
import type { Carrier } from './emulator.ts';
import { inGsm7, isSender, isWithin, type Account, type Taken, type VonageFace } from './vonage-face.ts';
import { signatureOf } from './vonage-signing.ts';
import { keywordOf } from './replies.ts';
import { isWebAddress } from './web-address.ts';

const price = '0.03330000';
const network = '12345';
const types = ['text', 'unicode', 'binary', 'wappush', 'vcal', 'vcard'];

/** The splitting into parts takes ever longer the longer a text is. */
const maxLength = 3_200;

const sentences = new Map([
  ['1', 'Throughput Rate Exceeded - please wait [ 250 ] and retry'],
  ['4', 'Bad Credentials'],
  ['5', 'Internal Error'],
  ['6', 'Unroutable message - rejected'],
  ['7', 'Number barred'],
  ['8', 'Partner account barred'],
  ['9', 'Quota Exceeded - rejected'],
  ['12', 'Message too long - rejected'],
  ['15', 'Illegal Sender Address - rejected'],
  ['23', 'Invalid callback URL'],
  ['29', 'Non White-listed Destination - rejected'],
  ['33', 'Number de-activated'],
]);

/** The SMS API: the answer is 200, and says of each part of a text what came of it. */
export const smsFace: VonageFace = {
  path: '/sms/json',
  statuses: { taken: 'accepted', delivered: 'delivered', undelivered: 'failed' },
  codes: { noCredentials: '2', credentials: '4', throttled: '1', refused: '5', undelivered: '2' },
  refuse,
  read(fields, account, carrier) {
    const refused = refusalOf(fields);
    if (refused) return refused;
    const { to = '', from = '', text = '', type, callback, 'client-ref': clientReference } = fields;
    const body = type === 'unicode' ? text : inGsm7(text);
    const parts = new SegmentedMessage(body, type === 'unicode' ? 'UCS-2' : 'GSM-7').segmentsCount;
    const messageIds = Array.from({ length: parts }, () => `0A${randomBytes(7).toString('hex').toUpperCase()}`);
    const messages = messageIds.map((messageId) => ({
      to,
      'message-id': messageId,
      status: '0',
      'remaining-balance': '3.14159265',
      'message-price': price,
      network,
      ...(clientReference !== undefined && { 'client-ref': clientReference }),
    }));
    const taken: Taken = {
      to: `+${to}`,
      from,
      body,
      messageIds,
      answer: () => Response.json({ 'message-count': String(parts), messages }),
      receiptUrl: () => callback ?? account.settings().receiptUrl,
      receipt: (url, messageId, status, code) =>
        signedRequest(url, carrier, account, {
          msisdn: to,
          to: from,
          'network-code': network,
          messageId,
          price,
          status,
          scts: new Date(carrier.now()).toISOString().replaceAll(/\D/g, '').slice(2, 12),
          'err-code': code ?? '0',
          ...(clientReference !== undefined && { 'client-ref': clientReference }),
        }),
      reply: (url, messageId, reply) =>
        signedRequest(url, carrier, account, {
          msisdn: to,
          to: from,
          messageId,
          text: reply,
          type: inGsm7(reply) === reply ? 'text' : 'unicode',
          keyword: keywordOf(reply),
        }),
    };
    return taken;
  },
};

function signedRequest(
  url: string,
  carrier: Carrier,
  { apiKey, secret, signatureMethod }: Account,
  about: Readonly<Record<string, string>>,
): Request {
  const told: Record<string, string> = {
    ...about,
    'api-key': apiKey,
    'message-timestamp': new Date(carrier.now()).toISOString().slice(0, 19).replace('T', ' '),
    timestamp: String(Math.floor(carrier.now() / 1_000)),
    nonce: randomUUID(),
  };
  const sig = secret === undefined ? undefined : signatureOf(told, secret, signatureMethod);
  return new Request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...told, sig }),
  });
}

function refuse(code: string, { text = sentences.get(code) ?? 'Rejected', status = 200, headers = {} } = {}): Response {
  return Response.json({ 'message-count': '1', messages: [{ status: code, 'error-text': text }] }, { status, headers });
}

/** Why the vendor would not take it; null: it would. */
function refusalOf(fields: Readonly<Record<string, string>>): Response | null {
  const missing = ['to', 'from', 'text'].find((name) => !fields[name]);
  if (missing !== undefined) return refuse('2', { text: `Missing ${missing} param` });
  const { to = '', from = '', text = '', type = 'text', ttl, callback, 'client-ref': clientReference = '' } = fields;
  const isValid = {
    to: /^\d{7,15}$/.test(to),
    type: types.includes(type),
    ttl: ttl === undefined || isWithin(ttl, 20_000, 604_800_000),
    'client-ref': clientReference.length <= 100,
  };
  const invalid = Object.entries(isValid).find(([, valid]) => !valid)?.[0];
  if (invalid !== undefined) return refuse('3', { text: `Invalid ${invalid} param` });
  if (text.length > maxLength) return refuse('12');
  if (!isSender(from)) return refuse('15');
  const isCallback = callback === undefined || (callback.length <= 100 && isWebAddress(callback));
  return isCallback ? null : refuse('23');
}
