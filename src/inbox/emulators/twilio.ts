import type { Context } from 'hono';
import { SegmentedMessage } from 'sms-segments-calculator';
import { breakOff, type Carrier, type Emulator, type Fault } from './emulator.ts';
import { isListed, listPage } from './twilio-lists.ts';
import {
  apiVersion,
  newResource,
  readMessage,
  rfc2822,
  type MessageResource,
  type TwilioMessage,
} from './twilio-message.ts';
import { callbackRequests, retriesOf } from './twilio-receipts.ts';
import { refusal, refusalOf, type Refusal } from './twilio-refusals.ts';

export interface TwilioEmulatorOptions {
  /** The only account there is; unset: every one that is called. */
  accountSid?: string;
  /** Asked of who calls with the account's own sid, and signs the receipts; unset: any is taken, and receipts are signed with the one of the call. */
  authToken?: string;
}

const maxMessages = 1_000;
/** What a messaging service sends from. */
const pooledFrom = '+15005550006';
/** Of messages that carriers do not deliver, what Twilio says most: https://www.twilio.com/docs/api/errors/30008 */
const undeliveredCode = '30008';
const unroutableCode = '21612';

/**
 * Stands in for Twilio's Programmable Messaging: sends, fetches, lists, changes and deletes messages, and tells what became of them. Keeps the latest messages in memory.
 */
export function twilioEmulator({ accountSid, authToken }: TwilioEmulatorOptions = {}): Emulator {
  return {
    vendor: 'twilio',
    mount(app, carrier) {
      /** The oldest first. */
      const messages = new Map<string, MessageResource>();

      /** The token that the call is made with; or why it is refused. */
      function authenticate(c: Context, account: string): { token: string } | Refusal {
        const [, encoded = ''] = /^Basic (\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
        const [, user = '', password = ''] = /^([^:]*):(.+)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
        const isKey = /^SK\w+$/.test(user);
        const isAccount = /^AC\w+$/.test(user) && user === (accountSid ?? user) && password === (authToken ?? password);
        if (!isKey && !isAccount) return refusal(20_003);
        if (!/^AC\w+$/.test(account) || account !== (accountSid ?? account)) return notFound(c);
        return { token: authToken ?? password };
      }

      const withAccount =
        (answer: (c: Context, account: string, token: string) => Response | Promise<Response>) =>
        (c: Context): Response | Promise<Response> => {
          const account = c.req.param('account') ?? '';
          const caller = authenticate(c, account);
          return 'token' in caller ? answer(c, account, caller.token) : refuse(c, caller);
        };

      const found = (c: Context, account: string): MessageResource | undefined => {
        const message = messages.get((c.req.param('file') ?? '').replace(/\.json$/, ''));
        return message?.account_sid === account ? message : undefined;
      };

      app.post(
        `/${apiVersion}/Accounts/:account/Messages.json`,
        withAccount(async (c, account, token) => {
          const message = readMessage(new URLSearchParams(await c.req.text()));
          const refused = refusalOf(message);
          if (refused) return refuse(c, refused);
          const fault = await carrier.faultFor('twilio', message.to);
          const failed = failureOf(c, fault, message);
          if (failed) return failed;
          const resource = newResource(account, message, carrier.now());
          const answer = { ...resource };
          messages.set(resource.sid, resource);
          if (messages.size > maxMessages) messages.delete(messages.keys().next().value ?? '');
          send(carrier, message, resource, fault, token);
          return fault?.kind === 'cut_after' ? breakOff(c) : c.json(answer, 201);
        }),
      );

      app.get(
        `/${apiVersion}/Accounts/:account/Messages.json`,
        withAccount((c, account) => {
          const query = new URL(c.req.url).searchParams;
          const listed = [...messages.values()].filter((one) => one.account_sid === account && isListed(one, query));
          return c.json(listPage(`/${apiVersion}/Accounts/${account}/Messages.json`, listed.toReversed(), query));
        }),
      );

      const file = `/${apiVersion}/Accounts/:account/Messages/:file{SM[0-9a-f]+\\.json}`;
      app.get(
        file,
        withAccount((c, account) => {
          const message = found(c, account);
          return message ? c.json(message) : refuse(c, notFound(c));
        }),
      );
      app.post(
        file,
        withAccount(async (c, account) => {
          const message = found(c, account);
          if (!message) return refuse(c, notFound(c));
          // Nothing else can be changed of a message that was sent: it can be redacted.
          if (new URLSearchParams(await c.req.text()).get('Body') !== '') {
            return refuse(c, { status: 400, code: 20_001, message: 'Only Body can be updated, to an empty string.' });
          }
          message.body = '';
          message.date_updated = rfc2822(carrier.now());
          return c.json(message);
        }),
      );
      app.delete(
        file,
        withAccount((c, account) => {
          const message = found(c, account);
          if (!message) return refuse(c, notFound(c));
          messages.delete(message.sid);
          return c.body(null, 204);
        }),
      );

      app.all('*', (c) => refuse(c, notFound(c)));
    },
  };
}

/** How a fault that keeps the message from being taken looks at Twilio; null: the message is taken. */
function failureOf(c: Context, fault: Fault | null, message: TwilioMessage): Response | null {
  switch (fault?.kind) {
    case 'cut_before':
      return breakOff(c);
    case 'rate_limited':
      c.header('retry-after', String(fault.retryAfterSeconds));
      return refuse(c, refusal(20_429));
    case 'server_error':
      return refuse(c, { ...refusal(fault.status === 503 ? 20_503 : 20_500), status: fault.status });
    case 'refused':
      return refuse(c, refusal(numberOf(fault.code ?? unroutableCode), message));
    default:
      return null;
  }
}

/** Delivers a message, or does not, and tells about it. */
function send(
  carrier: Carrier,
  message: TwilioMessage,
  resource: MessageResource,
  fault: Fault | null,
  token: string,
): void {
  const { statusCallback } = message;
  const from = resource.from ?? pooledFrom;
  const isUndelivered = fault?.kind === 'undelivered';
  const code = isUndelivered ? (fault.code ?? undeliveredCode) : null;
  if (fault?.kind !== 'dropped' && !isUndelivered) {
    const text = { to: message.to, from, body: message.body, provider: 'twilio' };
    carrier.deliver(text);
    if (fault?.kind === 'duplicate') carrier.deliver(text);
  }
  const last = isUndelivered ? 'undelivered' : 'delivered';
  const at = rfc2822(carrier.now());
  Object.assign(resource, {
    from,
    num_segments: String(new SegmentedMessage(message.body).segmentsCount),
    status: fault?.kind === 'dropped' ? 'sent' : last,
    date_sent: at,
    date_updated: at,
    error_code: code === null ? null : numberOf(code),
  });
  if (statusCallback === null) return;
  const request = callbackRequests(statusCallback, token);
  const service = message.messagingServiceSid;
  carrier.tell({
    // The first status is in the answer already, and is not told.
    statuses: service === null ? ['sent', last] : ['queued', 'sent', last],
    fault,
    ...retriesOf(statusCallback),
    make: (status) =>
      request({
        SmsSid: resource.sid,
        SmsStatus: status,
        MessageStatus: status,
        To: message.to,
        MessageSid: resource.sid,
        AccountSid: resource.account_sid,
        From: from,
        ApiVersion: apiVersion,
        ...(service !== null && { MessagingServiceSid: service }),
        ...(status === last && { RawDlrDoneDate: dlrDate(carrier.now()) }),
        ...(status === 'undelivered' && { ErrorCode: code ?? undeliveredCode }),
      }),
  });
}

function notFound(c: Context): Refusal {
  const path = c.req.path.replace(/^\/twilio/, '');
  return { status: 404, code: 20_404, message: `The requested resource ${path} was not found` };
}

function refuse(c: Context, { status, code, message }: Refusal): Response {
  const headers = {
    'content-type': 'application/json',
    ...(status === 401 && { 'www-authenticate': 'Basic realm="Twilio API"' }),
  };
  const answer = { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
  return c.body(JSON.stringify(answer), status as 400, headers);
}

/** Scripted codes are anything: Twilio's are numbers. */
function numberOf(code: string): number {
  return /^\d{1,9}$/.test(code) ? Number(code) : Number(undeliveredCode);
}

/** `2303222338`: the minute in UTC. */
function dlrDate(ms: number): string {
  return new Date(ms).toISOString().replace(/\D/g, '').slice(2, 12);
}
