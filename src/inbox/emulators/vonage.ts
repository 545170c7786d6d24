import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import { breakOff, type Emulator, type End, type Fault, type Receipts } from './emulator.ts';
import { whyNoReplyTo } from './replies.ts';
import type { Account, Taken, VonageFace } from './vonage-face.ts';
import { messagesFace } from './vonage-messages.ts';
import { createVonageSettings, type VonageSettings } from './vonage-settings.ts';
import type { SignatureMethod } from './vonage-signing.ts';
import { smsFace } from './vonage-sms.ts';
import { assertInboundUrl } from './web-address.ts';

export interface VonageEmulatorOptions {
  /** The only account there is; unset: every one that calls. */
  apiKey?: string;
  apiSecret?: string;
  /** Signs receipts. Unset: the API secret of the call does. */
  signatureSecret?: string;
  /** How receipts of the SMS API are signed, `md5hash` when unset, as at the vendor. Those of Messages always are by a JWT. */
  signatureMethod?: SignatureMethod;
  /** Told of replies, until the account sets another address; unset: nobody is. */
  inboundUrl?: string;
}

/** After 5 seconds, then twice as long each time up to 15 minutes, for a day: api.support.vonage.com/hc/en-us/articles/360028543292 */
const retryAfterMs = Array.from({ length: 102 }, (_, tries) => Math.min(5_000 * 2 ** tries, 900_000));

/** Stands in for Vonage: takes texts by its SMS API and its Messages API, and tells what became of them, and of replies, signed. */
export function vonageEmulator(options: VonageEmulatorOptions = {}): Emulator {
  assertInboundUrl(options.inboundUrl);
  return {
    vendor: 'vonage',
    mount(app, carrier) {
      const settings = createVonageSettings({ inboundUrl: options.inboundUrl, receiptUrl: undefined });
      app.post('/account/settings', async (c) => {
        const fields = fieldsIn(await c.req.text());
        const account = accountOf(c, smsFace, fields, options, settings);
        return account ? settings.change(account.apiKey, fields) : c.json(unauthorized, 401);
      });
      for (const face of [smsFace, messagesFace]) {
        app.post(face.path, async (c) => {
          const fields = fieldsIn(await c.req.text());
          const account = accountOf(c, face, fields, options, settings);
          if (account === null) return face.refuse(face.codes.credentials);
          if (account === undefined) return face.refuse(face.codes.noCredentials, { text: 'Missing api_key param' });
          const message = face.read(fields, account, carrier);
          if (message instanceof Response) return message;
          const fault = await carrier.faultFor('vonage', message.to);
          const failed = failureOf(c, face, fault);
          if (failed) return failed;
          const { to, from, body } = message;
          carrier.carry({
            text: { to, from, body, provider: 'vonage' },
            fault,
            receipts: (end) => receiptsOf(face, message, end),
            reply: (text) => replyTo(message, account, text),
          });
          return fault?.kind === 'cut_after' ? breakOff(c) : message.answer();
        });
      }
      app.all('*', () => messagesFace.refuse('not-found', { status: 404 }));
    },
  };
}

const unauthorized = { 'error-code': '401', 'error-code-label': 'authentication failed' };

/** Who calls; null: nobody that may, undefined: nobody at all. The SMS API takes credentials among the parameters, Messages takes the tokens of applications. */
function accountOf(
  c: Context,
  face: VonageFace,
  { api_key: givenKey, api_secret: givenSecret }: Readonly<Record<string, string>>,
  { apiKey, apiSecret, signatureSecret, signatureMethod = 'md5hash' }: VonageEmulatorOptions,
  settings: VonageSettings,
): Account | null | undefined {
  const [, scheme, credentials = ''] = /^(Basic|Bearer) (\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
  if (scheme?.toLowerCase() === 'bearer' && face === messagesFace && apiKey === undefined) {
    const application = 'application';
    return {
      apiKey: application,
      secret: signatureSecret,
      signatureMethod,
      settings: () => settings.of(application),
    };
  }
  const [, basicKey, basicSecret] = /^([^:]+):(.+)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
  const isInBody = face === smsFace && scheme === undefined;
  const [key, secret] = isInBody ? [givenKey, givenSecret] : [basicKey, basicSecret];
  if (!key || !secret) return undefined;
  if (key !== (apiKey ?? key) || secret !== (apiSecret ?? secret)) return null;
  return { apiKey: key, secret: signatureSecret ?? secret, signatureMethod, settings: () => settings.of(key) };
}

/** How a fault that keeps the message from being taken looks at Vonage; null: the message is taken. */
function failureOf(c: Context, face: VonageFace, fault: Fault | null): Response | null {
  switch (fault?.kind) {
    case 'cut_before':
      return breakOff(c);
    case 'rate_limited':
      return face.refuse(face.codes.throttled, {
        status: 429,
        headers: { 'retry-after': String(fault.retryAfterSeconds) },
      });
    case 'server_error':
      return new Response(null, { status: fault.status });
    case 'refused':
      return face.refuse(fault.code ?? face.codes.refused);
    default:
      return null;
  }
}

/** How it tells again what was not accepted. */
const retries: Pick<Receipts, 'retryAfterMs' | 'accepts'> = {
  retryAfterMs,
  accepts: (status) => status !== 429 && status < 500,
};

function receiptsOf(
  { statuses: { taken, delivered, undelivered }, codes }: VonageFace,
  message: Taken,
  { status: ending, code = codes.undelivered, isAnother }: End,
): readonly Receipts[] | string {
  const url = message.receiptUrl();
  if (url === undefined) {
    return 'The message was sent without an address for receipts (callback, webhook_url), and the account has none (drCallBackUrl).';
  }
  const last = ending === 'failed' ? undelivered : delivered;
  return message.messageIds.map((messageId) => ({
    statuses: isAnother ? [last] : [taken, last],
    make: (status) => message.receipt(url, messageId, status, status === undelivered ? code : null),
    ...retries,
  }));
}

function replyTo(message: Taken, account: Account, body: string): readonly Receipts[] | string {
  const whyNot = whyNoReplyTo(message.from);
  if (whyNot !== null) return whyNot;
  const { inboundUrl: url } = account.settings();
  if (url === undefined) {
    return 'The account has no address for replies: POST its moCallBackUrl to /account/settings, or make the emulator with an inboundUrl.';
  }
  const messageId = randomUUID();
  return [{ statuses: ['received'], make: () => message.reply(url, messageId, body), ...retries }];
}

/** Of JSON or of a form, with what is inside an object under `object.name`, and no deeper. */
function fieldsIn(text: string): Readonly<Record<string, string>> {
  if (!text.trimStart().startsWith('{')) return Object.fromEntries(new URLSearchParams(text));
  const fields = Object.entries(parsed(text)).flatMap(([name, value]): [string, unknown][] => {
    if (typeof value !== 'object') return [[name, value]];
    return Object.entries({ ...value }).map(([inner, one]) => [`${name}.${inner}`, one]);
  });
  const plain = fields.filter(([, value]) => typeof value !== 'object');
  return Object.fromEntries(plain.map(([name, value]) => [name, String(value)]));
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
