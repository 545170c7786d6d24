import { randomUUID } from 'node:crypto';
import { SegmentedMessage } from 'sms-segments-calculator';
import type { Carrier } from './emulator.ts';
import { inGsm7, isSender, isWithin, type Account, type Taken, type VonageFace } from './vonage-face.ts';
import { bearerToken } from './vonage-signing.ts';
import { keywordOf } from './replies.ts';
import { isWebAddress } from './web-address.ts';

const errors = 'https://developer.vonage.com/api-errors';

const details = new Map<string, readonly [title: string, detail: string]>(
  Object.entries({
    unauthorized: ['Unauthorized', 'You did not provide correct credentials.'],
    'low-balance': ['Low balance', 'This request could not be performed due to your account balance being low.'],
    '1000': ['Throttled', 'You have exceeded the submission capacity allowed on this account. Please wait and retry'],
    '1010': ['Missing params', 'Your request is incomplete and missing some mandatory parameters.'],
    '1020': ['Invalid params', 'The value of one or more parameters is invalid.'],
    '1030': ['Internal error', 'There was an error processing your request in the Platform.'],
    '1120': [
      'Illegal Sender Address',
      'Due to local regulations, the SenderID you set in from in the request was not accepted.',
    ],
    '1130': ['Invalid TTL', 'The value of ttl in your request was invalid.'],
    '1170': [
      'Invalid or Missing Msisdn Param',
      'The phone number you supplied in the to parameter was either missing or invalid.',
    ],
    '1180': ['Absent Subscriber Temporary', 'This message was not delivered because to was temporarily unavailable.'],
    '1400': ['Unsupported channel', 'The channel specified in the request is not supported.'],
    '1440': [
      'Invalid message type',
      'The message type specified in the request is not supported for the given channel.',
    ],
    '1450': ['Invalid client reference', 'The client reference can be a string of up to 100 characters.'],
  }),
);

const httpStatuses = new Map(
  Object.entries({
    unauthorized: 401,
    'low-balance': 402,
    '1070': 402,
    '1000': 429,
    '1030': 500,
    '1331': 500,
  }),
);

/** The Messages API, version 1, its SMS channel. */
export const messagesFace: VonageFace = {
  path: '/v1/messages',
  statuses: { taken: 'submitted', delivered: 'delivered', undelivered: 'rejected' },
  codes: {
    noCredentials: 'unauthorized',
    credentials: 'unauthorized',
    throttled: '1000',
    refused: '1030',
    undelivered: '1180',
  },
  refuse,
  read(fields, account, carrier) {
    const refused = refusalOf(fields);
    if (refused !== null) return refuse(refused);
    const {
      to = '',
      from = '',
      text = '',
      client_ref,
      webhook_url: webhookUrl,
      'sms.encoding_type': encoding,
    } = fields;
    const body = encoding === 'text' ? inGsm7(text) : text;
    const parts = new SegmentedMessage(body, encoding === 'unicode' ? 'UCS-2' : 'auto').segmentsCount;
    const uuid = randomUUID();
    const taken: Taken = {
      to: `+${to}`,
      from,
      body,
      messageIds: [uuid],
      answer: () => Response.json({ message_uuid: uuid }, { status: 202 }),
      receiptUrl: () => webhookUrl ?? account.settings().receiptUrl,
      receipt: (url, message_uuid, status, code) =>
        signedRequest(url, carrier, account, {
          message_uuid,
          to,
          from,
          timestamp: new Date(carrier.now()).toISOString(),
          status,
          channel: 'sms',
          client_ref,
          usage: { currency: 'EUR', price: '0.0333' },
          destination: { network_code: '12345' },
          sms: { count_total: String(parts) },
          ...(code !== null && { error: { ...problemOf(code), title: Number(code) || code } }),
        }),
      reply: (url, message_uuid, reply) =>
        signedRequest(url, carrier, account, {
          message_uuid,
          to: from,
          from: to,
          timestamp: new Date(carrier.now()).toISOString(),
          channel: 'sms',
          message_type: 'text',
          text: reply,
          sms: {
            num_messages: String(new SegmentedMessage(reply).segmentsCount),
            keyword: keywordOf(reply),
          },
          usage: { currency: 'EUR', price: '0.0333' },
          origin: { network_code: '12345' },
        }),
    };
    return taken;
  },
};

function signedRequest(url: string, carrier: Carrier, { apiKey, secret }: Account, about: object): Request {
  const told = JSON.stringify(about);
  const authorization = secret !== undefined && `Bearer ${bearerToken(told, { apiKey, secret }, carrier.now())}`;
  const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) };
  return new Request(url, { method: 'POST', headers, body: told });
}

function refuse(code: string, { status = httpStatuses.get(code) ?? 422, headers = {} } = {}): Response {
  return Response.json(problemOf(code), { status, headers });
}

function problemOf(code: string): Readonly<Record<string, string>> {
  const [title, detail] = details.get(code) ?? ['Rejected', 'The message was rejected.'];
  const type = /^\d+$/.test(code) ? `${errors}/messages#${code}` : `${errors}#${code}`;
  return { type, title, detail, instance: randomUUID().replaceAll('-', '') };
}

/** Why the vendor would not take it; null: it would. */
function refusalOf(fields: Readonly<Record<string, string>>): string | null {
  const { channel, message_type: type, to = '', from = '', text = '', ttl, client_ref: clientReference = '' } = fields;
  const { webhook_url: webhookUrl, webhook_version: webhookVersion = 'v1' } = fields;
  if (['channel', 'message_type', 'to', 'from', 'text'].some((name) => !fields[name])) return '1010';
  if (channel !== 'sms') return '1400';
  if (type !== 'text') return '1440';
  if (!/^\d{7,15}$/.test(to)) return '1170';
  if (!isSender(from)) return '1120';
  if (ttl !== undefined && !isWithin(ttl, 20, 604_800)) return '1130';
  if (clientReference.length > 100) return '1450';
  const isWebhook = webhookUrl === undefined || isWebAddress(webhookUrl);
  return isWebhook && ['v0.1', 'v1'].includes(webhookVersion) && text.length <= 1_000 ? null : '1020';
}
