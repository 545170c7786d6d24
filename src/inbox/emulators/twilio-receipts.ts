import { createHmac, randomUUID } from 'node:crypto';
import type { Carrier, End, ReceiptPlan, Receipts } from './emulator.ts';
import { apiVersion, type MessageResource, type TwilioMessage } from './twilio-message.ts';

/** Of messages that carriers do not deliver, what Twilio says most: https://www.twilio.com/docs/api/errors/30008 */
export const undeliveredCode = '30008';
/** How long Twilio waits between tries is not documented. */
const retryAfterMs = 500;

/**
 * How often Twilio tries again, and after which answers: once, and only when there was none. An address says otherwise in its fragment
 * (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides): `rc` is how often, `rp` after what, of `4xx`, `5xx`, `ct`, `rt` and `all`.
 */
export function retriesOf(statusCallback: string): Pick<ReceiptPlan, 'retryAfterMs' | 'accepts'> {
  const overrides = new URLSearchParams(new URL(statusCallback).hash.slice(1));
  const given = overrides.get('rc') ?? '';
  const retries = /^[0-5]$/.test(given) ? Number(given) : 1;
  const policies = (overrides.get('rp') ?? '').split(',');
  const isRefused = (status: number): boolean =>
    status >= 400 && (policies.includes('all') || policies.includes(`${Math.floor(status / 100)}xx`));
  return { retryAfterMs: Array.from({ length: retries }, () => retryAfterMs), accepts: (status) => !isRefused(status) };
}

/** Makes requests to a status callback, which is signed as it was given, but for the fragment, which no server sees. */
export function callbackRequests(
  statusCallback: string,
  authToken: string,
): (parameters: Readonly<Record<string, string>>) => Request {
  const url = new URL(statusCallback);
  const { username, password } = url;
  url.hash = '';
  url.username = '';
  url.password = '';
  const address = statusCallback.replace(/#.*$/s, '');
  // The same in every try of one status.
  const tokens = new Map<string, string>();
  return (parameters) => {
    const body = new URLSearchParams(parameters).toString();
    const status = parameters['MessageStatus'] ?? '';
    const token = tokens.get(status) ?? randomUUID();
    tokens.set(status, token);
    const headers = new Headers({
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'user-agent': 'TwilioProxy/1.1',
      'i-twilio-idempotency-token': token,
      'x-twilio-signature': signatureOf(authToken, address, parameters),
    });
    if (username !== '') {
      const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
      headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
    }
    return new Request(url, { method: 'POST', headers, body });
  };
}

/** `X-Twilio-Signature`: https://www.twilio.com/docs/usage/security#validating-requests */
function signatureOf(authToken: string, address: string, parameters: Readonly<Record<string, string>>): string {
  const signed = Object.keys(parameters)
    .toSorted()
    .map((name) => `${name}${parameters[name]}`);
  return createHmac('sha1', authToken)
    .update(address + signed.join(''))
    .digest('base64');
}

export interface TwilioSend {
  readonly carrier: Pick<Carrier, 'now'>;
  readonly message: TwilioMessage;
  readonly resource: MessageResource;
  /** Signs the receipts. */
  readonly token: string;
}

/** How the sender of a message is told what became of it, or why nobody is. */
export function receiptsOf(
  { carrier, message, resource, token }: TwilioSend,
  { status: ending, code = undeliveredCode, isAnother }: End,
): readonly Receipts[] | string {
  const { statusCallback, messagingServiceSid: service, to } = message;
  const { sid, account_sid, from } = resource;
  if (statusCallback === null) return 'The message was sent without a StatusCallback.';
  const request = callbackRequests(statusCallback, token);
  const last = ending === 'failed' ? 'undelivered' : 'delivered';
  // The first status is in the answer already, and is not told.
  const way = service === null ? ['sent'] : ['queued', 'sent'];
  const make = (status: string): Request =>
    request({
      SmsSid: sid,
      SmsStatus: status,
      MessageStatus: status,
      To: to,
      MessageSid: sid,
      AccountSid: account_sid,
      From: from ?? '',
      ApiVersion: apiVersion,
      ...(service !== null && { MessagingServiceSid: service }),
      ...(status === last && { RawDlrDoneDate: dlrDate(carrier.now()) }),
      ...(status === 'undelivered' && { ErrorCode: code }),
    });
  return [{ statuses: isAnother ? [last] : [...way, last], ...retriesOf(statusCallback), make }];
}

/** `2303222338`: the minute in UTC. */
function dlrDate(ms: number): string {
  return new Date(ms).toISOString().replace(/\D/g, '').slice(2, 12);
}
