import type { Context } from 'hono';
import { breakOff, type Carrier, type Emulator, type Fault } from './emulator.ts';
import type { Account, Taken, VonageFace } from './vonage-face.ts';
import { messagesFace } from './vonage-messages.ts';
import type { SignatureMethod } from './vonage-signing.ts';
import { smsFace } from './vonage-sms.ts';

export interface VonageEmulatorOptions {
  /** The only account there is; unset: every one that calls. */
  apiKey?: string;
  apiSecret?: string;
  /** Signs receipts. Unset: the API secret of the call does. */
  signatureSecret?: string;
  /** How receipts of the SMS API are signed, `md5hash` when unset, as at the vendor. Those of Messages always are by a JWT. */
  signatureMethod?: SignatureMethod;
}

/** After 5 seconds, then twice as long each time up to 15 minutes, for a day: api.support.vonage.com/hc/en-us/articles/360028543292 */
const retryAfterMs = Array.from({ length: 102 }, (_, tries) => Math.min(5_000 * 2 ** tries, 900_000));

/** Stands in for Vonage: takes texts by its SMS API and its Messages API, and tells what became of them, signed. */
export function vonageEmulator(options: VonageEmulatorOptions = {}): Emulator {
  return {
    vendor: 'vonage',
    mount(app, carrier) {
      for (const face of [smsFace, messagesFace]) {
        app.post(face.path, async (c) => {
          const fields = fieldsIn(await c.req.text());
          const account = accountOf(c, face, fields, options);
          if (account instanceof Response) return account;
          const message = face.read(fields, account, carrier);
          if (message instanceof Response) return message;
          const fault = await carrier.faultFor('vonage', message.to);
          const failed = failureOf(c, face, fault);
          if (failed) return failed;
          send(carrier, face, message, fault);
          return fault?.kind === 'cut_after' ? breakOff(c) : message.answer();
        });
      }
      app.all('*', () => messagesFace.refuse('not-found', { status: 404 }));
    },
  };
}

/** Who calls; or the refusal. The SMS API takes credentials among the parameters, Messages takes the tokens of applications. */
function accountOf(
  c: Context,
  face: VonageFace,
  { api_key: givenKey, api_secret: givenSecret }: Readonly<Record<string, string>>,
  { apiKey, apiSecret, signatureSecret, signatureMethod = 'md5hash' }: VonageEmulatorOptions,
): Account | Response {
  const [, scheme, credentials = ''] = /^(Basic|Bearer) (\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
  if (scheme?.toLowerCase() === 'bearer' && face === messagesFace && apiKey === undefined) {
    return { apiKey: 'application', secret: signatureSecret, signatureMethod };
  }
  const [, basicKey, basicSecret] = /^([^:]+):(.+)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
  const isInBody = face === smsFace && scheme === undefined;
  const [key, secret] = isInBody ? [givenKey, givenSecret] : [basicKey, basicSecret];
  if (!key || !secret) return face.refuse(face.codes.noCredentials, { text: 'Missing api_key param' });
  if (key !== (apiKey ?? key) || secret !== (apiSecret ?? secret)) return face.refuse(face.codes.credentials);
  return { apiKey: key, secret: signatureSecret ?? secret, signatureMethod };
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

/** Delivers a message, or does not, and tells about it. */
function send(carrier: Carrier, face: VonageFace, message: Taken, fault: Fault | null): void {
  const { to, from, body, messageIds } = message;
  const isUndelivered = fault?.kind === 'undelivered';
  const code = isUndelivered ? (fault.code ?? face.codes.undelivered) : null;
  if (fault?.kind !== 'dropped' && !isUndelivered) {
    const text = { to, from, body, provider: 'vonage' };
    carrier.deliver(text);
    if (fault?.kind === 'duplicate') carrier.deliver(text);
  }
  const { taken, delivered, undelivered } = face.statuses;
  for (const messageId of messageIds) {
    carrier.tell({
      statuses: [taken, isUndelivered ? undelivered : delivered],
      make: (status) => message.receipt(messageId, status, status === undelivered ? code : null),
      retryAfterMs,
      accepts: (status) => status !== 429 && status < 500,
      fault,
    });
  }
}

/** Of JSON or of a form, with what is inside an object under `object.name`. */
function fieldsIn(text: string): Readonly<Record<string, string>> {
  const values = text.trimStart().startsWith('{') ? entriesOf(parsed(text)) : [...new URLSearchParams(text)];
  return Object.fromEntries(values);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function entriesOf(value: unknown, prefix = ''): [string, string][] {
  return Object.entries(value ?? {}).flatMap(([name, inner]: [string, unknown]) => {
    if (typeof inner === 'object') return entriesOf(inner, `${prefix}${name}.`);
    return [[`${prefix}${name}`, typeof inner === 'string' ? inner : JSON.stringify(inner)]];
  });
}
