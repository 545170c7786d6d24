import type { Context } from 'hono';
import { SegmentedMessage } from 'sms-segments-calculator';
import { breakOff, type Emulator, type End, type Fault } from './emulator.ts';
import { inboundResource, inboundTo, replyTo } from './twilio-inbound.ts';
import { isListed, listPage } from './twilio-lists.ts';
import {
  apiVersion,
  newResource,
  readMessage,
  rfc2822,
  type MessageResource,
  type TwilioMessage,
} from './twilio-message.ts';
import { takeTwilioNumbers } from './twilio-numbers.ts';
import { receiptsOf, undeliveredCode } from './twilio-receipts.ts';
import { refusal, refusalOf, type Refusal } from './twilio-refusals.ts';
import { assertInboundUrl } from './web-address.ts';

export interface TwilioEmulatorOptions {
  /** The only account there is; unset: every one that is called. */
  accountSid?: string;
  /** Asked of who calls with the account's own sid, and signs the receipts; unset: any is taken, and receipts are signed with the one of the call. */
  authToken?: string;
  /** Told of replies to numbers that have no `SmsUrl` of their own; unset: nobody is. */
  inboundUrl?: string;
}

const maxMessages = 1_000;
/** What a messaging service sends from. */
const pooledFrom = '+15005550006';
const unroutableCode = '21612';

/**
 * Stands in for Twilio's Programmable Messaging: sends, fetches, lists, changes and deletes messages, and tells what became of them. Every number is one that the account owns: texts
 * in the inbox, by whomever they were sent, are listed as inbound to theirs. Keeps the latest messages in memory.
 */
export function twilioEmulator({ accountSid, authToken, inboundUrl }: TwilioEmulatorOptions = {}): Emulator {
  assertInboundUrl(inboundUrl);
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
      const remember = (resource: MessageResource): void => {
        messages.set(resource.sid, resource);
        if (messages.size > maxMessages) messages.delete(messages.keys().next().value ?? '');
      };
      const numbers = takeTwilioNumbers({ app, carrier, withAccount, refuse, notFound });

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
          remember(resource);
          isSent(resource, message, carrier.now());
          const { to, from } = resource;
          carrier.carry({
            text: { to, from: from ?? '', body: message.body, provider: 'twilio' },
            fault,
            became: (end) => hasEnded(resource, end, carrier.now()),
            receipts: (end) => receiptsOf({ carrier, message, resource, token }, end),
            reply: (text) =>
              replyTo({
                url: numbers.smsUrlOf(account, from ?? '') ?? inboundUrl,
                sent: resource,
                body: text,
                token,
                nowMs: carrier.now(),
                remember,
              }),
          });
          return fault?.kind === 'cut_after' ? breakOff(c) : c.json(answer, 201);
        }),
      );

      app.get(
        `/${apiVersion}/Accounts/:account/Messages.json`,
        withAccount((c, account) => {
          const query = new URL(c.req.url).searchParams;
          const own = [...messages.values()].filter((one) => one.account_sid === account).toReversed();
          const all = [...own, ...inboundTo(carrier, account, query.get('To'))].filter((one) => isListed(one, query));
          const listed = all.toSorted((one, other) => Date.parse(other.date_created) - Date.parse(one.date_created));
          return c.json(listPage(`/${apiVersion}/Accounts/${account}/Messages.json`, 'messages', listed, query));
        }),
      );

      const file = `/${apiVersion}/Accounts/:account/Messages/:file{SM[0-9a-f]+\\.json}`;
      app.get(
        file,
        withAccount((c, account) => {
          const message = found(c, account) ?? inboundResource(carrier, account, c.req.param('file') ?? '');
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

/** It left: it has its sender now. */
function isSent(resource: MessageResource, message: TwilioMessage, nowMs: number): void {
  const at = rfc2822(nowMs);
  Object.assign(resource, {
    from: resource.from ?? pooledFrom,
    num_segments: String(new SegmentedMessage(message.body).segmentsCount),
    status: 'sent',
    date_sent: at,
    date_updated: at,
  });
}

/** It arrived, or did not. */
function hasEnded(resource: MessageResource, { status, code }: End, nowMs: number): void {
  Object.assign(resource, {
    status: status === 'failed' ? 'undelivered' : 'delivered',
    date_updated: rfc2822(nowMs),
    error_code: status === 'failed' ? numberOf(code ?? undeliveredCode) : null,
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
