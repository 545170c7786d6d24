import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { ConfigurationError, ProviderError, ReceiptError, type ProviderErrorKind } from '../errors.ts';
import { kindOfStatus, postToVendor, readObject, retryAfterSeconds, type VendorAnswer } from './exchange.ts';
import type { Message, Provider, Receipt, ReceiptRequest } from './provider.ts';
import { referenceIn } from './receipt-url.ts';

export interface TwilioOptions {
  /** `AC` and 32 hex digits. */
  accountSid: string;
  /** Of the account. Proves calls where there is no API key, and is what Twilio signs receipts with: without it there are none. */
  authToken?: string | undefined;
  /** `SK` and 32 hex digits, with its secret: proves calls instead of the auth token, and can be revoked alone. */
  apiKey?: string | undefined;
  apiSecret?: string | undefined;
  /** Who the text is from: a number (E.164), a short code or an alphanumeric sender. This or `messagingServiceSid`, or both. */
  from?: string | undefined;
  /** `MG` and 32 hex digits: a pool of senders, from which Twilio picks. */
  messagingServiceSid?: string | undefined;
  name?: string | undefined;
  /** Of a service that speaks Twilio's API, or an emulator; unset: Twilio. */
  baseUrl?: string | undefined;
  timeoutMs?: number | undefined;
}

/** https://www.twilio.com/docs/api/errors: those of sending a text, and those that come in receipts. */
const kinds: Readonly<Record<string, ProviderErrorKind>> = {
  20003: 'auth',
  20005: 'funds',
  20403: 'auth',
  20429: 'rate_limited',
  21211: 'invalid_number',
  21212: 'config',
  21265: 'not_sms_capable',
  21266: 'config',
  21408: 'blocked_destination',
  21603: 'config',
  21606: 'config',
  21607: 'config',
  21608: 'config',
  21609: 'config',
  21610: 'opted_out',
  21611: 'rate_limited',
  21612: 'config',
  21614: 'not_sms_capable',
  21617: 'config',
  21624: 'config',
  21635: 'not_sms_capable',
  21659: 'config',
  21660: 'config',
  21661: 'config',
  21703: 'config',
  21730: 'temporary',
  30001: 'rate_limited',
  30002: 'funds',
  30003: 'temporary',
  30004: 'blocked_destination',
  30005: 'invalid_number',
  30006: 'not_sms_capable',
  30007: 'filtered',
  30008: 'temporary',
  30022: 'rate_limited',
  30032: 'config',
  30034: 'config',
  30036: 'temporary',
  30450: 'blocked_destination',
  30453: 'blocked_destination',
  30500: 'temporary',
  90007: 'config',
};

/** Of a message. Those that are not here say nothing new: it is still on its way. */
const statuses: Readonly<Record<string, Receipt['status']>> = {
  sent: 'sent',
  delivered: 'delivered',
  read: 'delivered',
  failed: 'failed',
  undelivered: 'failed',
  canceled: 'failed',
};

const longestValiditySeconds = 36_000;

/**
 * Makes the provider for Twilio's Programmable Messaging, and for services that speak its API. A text is not delivered once its code has run out (`ValidityPeriod`).
 * Twilio knows no idempotency key: a send whose outcome is unknown may be a second text when it is repeated. Throws a `ConfigurationError` that names every fault.
 */
export function twilioProvider(options: TwilioOptions): Provider {
  const { accountSid, authToken, name = 'twilio', timeoutMs } = options;
  const faults = faultsOf(options);
  if (faults.length > 0) throw new ConfigurationError(faults);
  const { apiKey: user = accountSid, apiSecret: password = authToken } = options;
  const baseUrl = (options.baseUrl ?? 'https://api.twilio.com').replace(/\/+$/, '');
  const url = `${baseUrl}/2010-04-01/Accounts/${accountSid}/Messages.json`;
  const headers = {
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };

  return {
    name,
    channels: ['sms'],
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    async send(message, { signal }) {
      const body = formOf(message, options, name);
      return readAnswer(name, await postToVendor({ name, url, headers, body, signal }));
    },
    ...(authToken === undefined ? {} : { receipts: async (request) => readReceipt(request, authToken) }),
  };
}

function faultsOf(options: TwilioOptions): string[] {
  const { accountSid, authToken, apiKey, apiSecret, from, messagingServiceSid, baseUrl, timeoutMs } = options;
  const faults: string[] = [];
  // Services that speak Twilio's API have identifiers of other shapes.
  const isSid = (sid: string, prefix: string): boolean =>
    baseUrl === undefined ? new RegExp(`^${prefix}[0-9a-fA-F]{32}$`).test(sid) : /^[\w.-]{1,64}$/.test(sid);
  const rule = (prefix: string): string =>
    baseUrl === undefined
      ? `must be ${prefix} and 32 hex digits`
      : 'must be 1 to 64 letters, digits, dots, dashes or underscores';
  if (!isSid(accountSid ?? '', 'AC')) faults.push(`accountSid ${rule('AC')}`);
  if (authToken === '') faults.push('authToken must not be empty');
  if (authToken === undefined && apiKey === undefined)
    faults.push('authToken is missing: set it, or apiKey with apiSecret');
  if (apiKey !== undefined && !isSid(apiKey, 'SK')) faults.push(`apiKey ${rule('SK')}`);
  if ((apiKey === undefined) !== (apiSecret === undefined) || apiSecret === '') {
    faults.push('apiKey and apiSecret must be set together');
  }
  if (from === undefined && messagingServiceSid === undefined)
    faults.push('from is missing: set it, or messagingServiceSid');
  if (from !== undefined && !/^(?:\+[1-9]\d{4,14}|\d{3,8}|(?=.*[A-Za-z])[\w &+-]{1,11})$/.test(from)) {
    faults.push('from must be a number like +12025550143, a short code, or a sender of at most 11 letters and digits');
  }
  if (messagingServiceSid !== undefined && !isSid(messagingServiceSid, 'MG')) {
    faults.push(`messagingServiceSid ${rule('MG')}`);
  }
  if (baseUrl !== undefined && !/^https?:\/\/[^\s?#@]+$/.test(baseUrl)) {
    faults.push('baseUrl must be an http or https address without user, password, query and fragment');
  }
  if (timeoutMs !== undefined && !(timeoutMs > 0 && Number.isFinite(timeoutMs)))
    faults.push('timeoutMs must be a number of milliseconds above 0');
  return faults;
}

function formOf(message: Message, { from, messagingServiceSid }: TwilioOptions, name: string): string {
  const seconds = Math.min(longestValiditySeconds, Math.max(1, Math.floor(message.lifetimeSeconds)));
  const form = new URLSearchParams({ To: message.to, Body: message.text, ValidityPeriod: String(seconds) });
  if (from !== undefined) form.set('From', from);
  if (messagingServiceSid !== undefined) form.set('MessagingServiceSid', messagingServiceSid);
  const receiptUrl = message.receiptUrl(name);
  if (receiptUrl !== null) form.set('StatusCallback', receiptUrl);
  return form.toString();
}

function readAnswer(name: string, answer: VendorAnswer): { messageId: string } {
  const { sid, status, code, error_code: errorCode } = readObject(answer.text) ?? {};
  if (answer.status >= 200 && answer.status < 300) {
    if (typeof sid !== 'string' || sid === '') {
      throw new ProviderError('ambiguous', `${name} answered without saying whether it took the message`);
    }
    if (statuses[String(status)] !== 'failed') return { messageId: sid };
    const kind = kindOf(errorCode) ?? 'unknown';
    throw new ProviderError(kind, `${name} took the message and failed it: ${kind} (${digitsOf(errorCode)})`);
  }
  const kind = kindOf(code) ?? kindOfStatus(answer.status);
  const said = code === undefined ? `HTTP ${answer.status}` : digitsOf(code);
  throw new ProviderError(kind, `${name} refused the message: ${kind} (${said})`, {
    retryAfterSeconds: retryAfterSeconds(answer),
  });
}

function kindOf(code: unknown): ProviderErrorKind | undefined {
  const digits = digitsOf(code);
  return Object.hasOwn(kinds, digits) ? kinds[digits] : undefined;
}

function digitsOf(code: unknown): string {
  const digits = typeof code === 'number' ? String(code) : code;
  return typeof digits === 'string' && /^\d{1,6}$/.test(digits) ? digits : 'no code';
}

function readReceipt(request: ReceiptRequest, authToken: string): Receipt[] {
  const text = Buffer.from(request.body).toString();
  const bodyHash = URL.canParse(request.url) ? new URL(request.url).searchParams.get('bodySHA256') : null;
  const params = bodyHash === null ? new URLSearchParams(text) : null;
  const given = request.headers.get('x-twilio-signature') ?? '';
  const right = spellingsOf(request.url).map((url) => signatureOf(url, params, authToken));
  if (!right.some((signature) => isSame(given, signature))) {
    throw new ReceiptError('x-twilio-signature is not that of the auth token over this address and body');
  }
  if (bodyHash !== null && !isSame(bodyHash, createHash('sha256').update(request.body).digest('hex'))) {
    throw new ReceiptError('bodySHA256 is not the hash of the body');
  }
  const told = params ? Object.fromEntries(params) : (readObject(text) ?? {});
  const messageId = told['MessageSid'] ?? told['SmsSid'];
  const said = told['MessageStatus'] ?? told['SmsStatus'];
  if (typeof messageId !== 'string' || messageId === '' || typeof said !== 'string') {
    throw new ReceiptError('MessageSid or MessageStatus is missing');
  }
  const status = Object.hasOwn(statuses, said) ? statuses[said] : undefined;
  if (!status) return [];
  const code = told['ErrorCode'];
  const errorKind = status === 'failed' && code !== undefined ? (kindOf(code) ?? 'unknown') : null;
  return [{ messageId, reference: referenceIn(request.url), status, errorKind }];
}

/** An address as Twilio may have signed it: with its port, with the usual one where it has none, or without. */
function spellingsOf(url: string): string[] {
  const [, origin, port, rest] = /^(https?:\/\/(?:\[[^\]]*\]|[^/?#:[]*))(:\d+)?([/?#].*)?$/s.exec(url) ?? [];
  if (origin === undefined) return [url];
  const usual = origin.startsWith('https') ? ':443' : ':80';
  return [`${origin}${port ?? usual}${rest ?? ''}`, `${origin}${rest ?? ''}`];
}

/** https://www.twilio.com/docs/usage/security#validating-requests. `params` null: the body is signed by its hash in the address. */
function signatureOf(url: string, params: URLSearchParams | null, authToken: string): string {
  const names = [...new Set(params?.keys())].toSorted();
  const signed = names.flatMap((name) => [...new Set(params?.getAll(name))].toSorted().map((value) => name + value));
  return createHmac('sha1', authToken)
    .update(url + signed.join(''))
    .digest('base64');
}

function isSame(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
