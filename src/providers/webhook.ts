import { timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { ConfigurationError, ProviderError, ReceiptError, type ProviderErrorKind } from '../errors.ts';
import { isSurelyNotTaken } from '../hand-over.ts';
import { kindOfStatus, postToVendor, readObject, retryAfterSeconds } from './exchange.ts';
import type { Provider, Receipt, ReceiptRequest } from './provider.ts';
import { referenceIn } from './receipt-url.ts';
import { readPointer, valueAt } from './webhook/json-pointer.ts';
import {
  bodyTemplate,
  headerTemplate,
  oneLine,
  valuesOf,
  type Json,
  type Template,
  type Values,
} from './webhook/template.ts';

export interface WebhookOptions {
  /** Where messages are posted. */
  url: string;
  /** Shared with the receiver: `whsec_` and base64, or as it is; at least 24 bytes. Signs what goes out and what comes back (Standard Webhooks). */
  secret: string;
  /** Beside the signature, which is always there. Values are templates. */
  headers?: Readonly<Record<string, string>> | undefined;
  /**
   * What is posted: JSON whose strings are templates, or a text for a form, XML or plain text, as the header `content-type` says. Unset: JSON with `to`, `text`, `code`, `channel`,
   * `locale`, `country`, `reference`, `receipt_url` and `expires_in` (seconds).
   */
  body?: Json | undefined;
  /**
   * Where the message's id stands in the answer, as a JSON pointer (RFC 6901). A 2xx without it leaves open whether the message was taken: for what answers 200 to a failure, too.
   * Unset: every 2xx is taken, and the id is at `/id` or `/message_id`, else the reference.
   */
  messageId?: string | undefined;
  name?: string | undefined;
  timeoutMs?: number | undefined;
  /** Milliseconds since the Unix epoch. */
  clock?: (() => number) | undefined;
}

const windowMs = 5 * 60_000;
const leastSecretBytes = 24;
const longestId = 200;

/** Ours to set: a signature would not fit, or nothing be sent. */
const reservedHeaders: ReadonlySet<string> = new Set([
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Makes the provider for every carrier and gateway that has no adapter of its own: posts what a template says, signed with Standard Webhooks
 * (https://www.standardwebhooks.com) under the message's reference, so that a receiver can tell a repeat. Placeholders are `{{to}}`, `{{to_digits}}`, `{{text}}`, `{{code}}`,
 * `{{channel}}`, `{{reference}}`, `{{country}}`, `{{locale}}`, `{{receipt_url}}` and `{{expires_in}}`. A 2xx is taken (see `messageId`); else the JSON member `kind` or `code` of the answer counts where it is a kind of
 * `ProviderError`, else the status. Throws a `ConfigurationError` that names every fault.
 */
export function webhookProvider(options: WebhookOptions): Provider {
  const { url, name = 'webhook', timeoutMs, clock = Date.now } = options;
  const faults: string[] = [];
  if (!isAddress(url)) faults.push('url must be an https or http address without user, password and placeholders');
  if (timeoutMs !== undefined && !(timeoutMs > 0 && Number.isFinite(timeoutMs)))
    faults.push('timeoutMs must be a number of milliseconds above 0');
  const key = keyOf(options.secret, faults);
  const headers = headerTemplates(options.headers ?? {}, faults);
  const contentType = contentTypeIn(options.headers ?? {});
  const template = options.body === undefined ? null : bodyTemplate(options.body, contentType, faults);
  if (template === null && contentType !== undefined && !/json/i.test(contentType)) {
    faults.push('headers: content-type is that of a body of your own: without body it is JSON');
  }
  const pointer = options.messageId === undefined ? undefined : readPointer(options.messageId);
  if (pointer === null) faults.push('messageId must be a JSON pointer, such as /data/id');
  const used = new Set([template, ...headers.values()].flatMap((one) => (one ? [...one.used] : [])));
  const has = (...names: readonly string[]): boolean => template === null || names.some((one) => used.has(one));
  if (!has('to', 'to_digits') || !has('text', 'code')) {
    faults.push('body must hold {{to}} or {{to_digits}}, and {{text}} or {{code}}');
  }
  if (faults.length > 0 || pointer === null) throw new ConfigurationError(faults);
  const signer = new Webhook(key, { format: 'raw' });

  return {
    name,
    channels: ['sms'],
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    // Who was told neither the reference nor an address with it can only return an id.
    returnsReference: has('reference', 'receipt_url'),
    async send(message, { signal }) {
      const { to, text, code, channel, locale, country, reference, lifetimeSeconds } = message;
      const receiptUrl = message.receiptUrl(name);
      const values = valuesOf(message, receiptUrl);
      const body =
        template?.fill(values) ??
        JSON.stringify({
          to,
          text,
          code,
          channel,
          locale,
          country,
          reference,
          receipt_url: receiptUrl,
          expires_in: lifetimeSeconds,
        });
      const filled = fillHeaders(headers, values, name);
      const at = new Date(clock());
      const answer = await postToVendor({
        name,
        url,
        body,
        signal,
        headers: {
          'content-type': template?.contentType ?? 'application/json',
          ...filled,
          'webhook-id': reference,
          'webhook-timestamp': String(secondsOf(at)),
          'webhook-signature': signer.sign(reference, at, body),
        },
      });
      const { status } = answer;
      if (status >= 200 && status < 300) {
        const id = idIn(answer.text, pointer);
        if (id !== null || pointer === undefined) return { messageId: id ?? reference };
        throw new ProviderError('unknown', `${name} may have taken it: nothing stands at messageId (HTTP ${status})`);
      }
      const said = readObject(answer.text);
      const kind = kindIn(said?.['kind']) ?? kindIn(said?.['code']) ?? kindOfStatus(status);
      throw new ProviderError(kind, `${name} refused the message: ${kind} (HTTP ${status})`, {
        retryAfterSeconds: retryAfterSeconds(answer, at.getTime()),
      });
    },
    async receipts(request) {
      const body = verifiedBody(request, signer);
      let told: unknown;
      try {
        told = JSON.parse(body);
      } catch {
        throw new ReceiptError('the body is not JSON');
      }
      // An address names one message, so it can only be meant where there is one.
      if (!Array.isArray(told)) return [readReceipt(told, referenceIn(request.url))];
      return told.map((one) => readReceipt(one, null));
    },
  };
}

function isAddress(url: string): boolean {
  if (typeof url !== 'string' || !URL.canParse(url) || url.includes('{{')) return false;
  const { protocol, username, password } = new URL(url);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

function keyOf(secret: string, faults: string[]): Uint8Array {
  const [, base64] = /^whsec_(.*)$/s.exec(secret) ?? [];
  if (base64 !== undefined && !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) faults.push('secret must be base64 after whsec_');
  const key = base64 === undefined ? Buffer.from(secret ?? '') : Buffer.from(base64, 'base64');
  if (key.length < leastSecretBytes) {
    faults.push(`secret must be at least ${leastSecretBytes} bytes: make one by echo whsec_$(openssl rand -base64 32)`);
  }
  return key;
}

function headerTemplates(headers: Readonly<Record<string, string>>, faults: string[]): ReadonlyMap<string, Template> {
  const templates = new Map<string, Template>();
  for (const [given, value] of Object.entries(headers)) {
    const header = given.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(header)) faults.push(`headers: ${given} is not the name of a header`);
    else if (reservedHeaders.has(header)) faults.push(`headers: ${given} is not yours to set`);
    templates.set(header, headerTemplate(given, value, faults));
  }
  return templates;
}

/** Throws a `ProviderError` where a value would break out of its header. */
function fillHeaders(templates: ReadonlyMap<string, Template>, values: Values, name: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [header, template] of templates) {
    const value = template.fill(values);
    if (!oneLine.test(value)) throw new ProviderError('config', `${name} was not asked: ${header} would break`);
    headers[header] = value;
  }
  return headers;
}

function contentTypeIn(headers: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(headers).find(([header]) => header.toLowerCase() === 'content-type')?.[1];
}

function idIn(text: string, pointer: readonly string[] | undefined): string | null {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return null;
  }
  const found = pointer ? valueAt(answer, pointer) : (valueAt(answer, ['id']) ?? valueAt(answer, ['message_id']));
  const id = typeof found === 'number' ? String(found) : found;
  return typeof id === 'string' && id !== '' && id.length <= longestId ? id : null;
}

function kindIn(word: unknown): ProviderErrorKind | null {
  // `ambiguous` and `unknown` say less than the status does.
  const kind = word as ProviderErrorKind;
  return isSurelyNotTaken(kind) ? kind : null;
}

/** The body, once its signature and time are right. */
function verifiedBody({ headers, body, nowMs }: ReceiptRequest, signer: Webhook): string {
  const id = headers.get('webhook-id');
  const seconds = headers.get('webhook-timestamp') ?? '';
  const given = headers.get('webhook-signature')?.split(' ') ?? [];
  if (!id || !/^\d{1,12}$/.test(seconds)) throw new ReceiptError('webhook-id or webhook-timestamp is missing');
  const at = new Date(Number(seconds) * 1_000);
  const text = Buffer.from(body).toString();
  const right = Buffer.from(signer.sign(id, at, text));
  const isSigned = given
    .map((one) => Buffer.from(one))
    .some((one) => one.length === right.length && timingSafeEqual(one, right));
  if (!isSigned) throw new ReceiptError('webhook-signature is not that of the secret over this body');
  if (Math.abs(nowMs - at.getTime()) > windowMs)
    throw new ReceiptError('webhook-timestamp is not within 5 minutes of now');
  return text;
}

function readReceipt(told: unknown, calledReference: string | null): Receipt {
  const { reference, message_id: messageId, status, kind } = (told ?? {}) as Readonly<Record<string, unknown>>;
  if (status !== 'sent' && status !== 'delivered' && status !== 'failed') {
    throw new ReceiptError('status must be sent, delivered or failed');
  }
  const ours = typeof reference === 'string' ? reference : calledReference;
  const id = typeof messageId === 'string' ? messageId : ours;
  if (id === null) throw new ReceiptError('reference or message_id is missing');
  return { messageId: id, reference: ours, status, errorKind: status === 'failed' ? kindIn(kind) : null };
}

function secondsOf(at: Date): number {
  return Math.floor(at.getTime() / 1_000);
}
