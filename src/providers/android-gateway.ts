import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { ConfigurationError, ProviderError, ReceiptError, type ProviderErrorKind } from '../errors.ts';
import { kindOfStatus, postToVendor, readObject, retryAfterSeconds, type VendorAnswer } from './exchange.ts';
import type { Provider, Receipt, ReceiptRequest } from './provider.ts';

export interface AndroidGatewayOptions {
  /** All before `/messages`: `http://192.168.1.20:8080` on the phone itself, `https://api.sms-gate.app/3rdparty/v1` in the cloud. */
  baseUrl: string;
  /** As the app shows them. */
  username: string;
  password: string;
  /** Signs receipts: Settings, Webhooks, Signing key in the app. Unset: no receipts. */
  signingKey?: string | undefined;
  /** Which SIM sends, 1 to 3. Unset: as the app is set. */
  simNumber?: number | undefined;
  name?: string | undefined;
  timeoutMs?: number | undefined;
}

/** The server refuses less. */
const leastTtlSeconds = 5;
/** Goes before what waits, and past the limits and pauses that are set in the app: a code is of no use later. */
const priority = 100;
const windowMs = 5 * 60_000;

const statuses: Readonly<Record<string, Receipt['status']>> = {
  'sms:sent': 'sent',
  'sms:delivered': 'delivered',
  'sms:failed': 'failed',
};

/** What the app says when a message failed, in `reason` and `error`. The first that fits counts. */
const reasons: readonly (readonly [RegExp, ProviderErrorKind])[] = [
  [/not mobile phone number/i, 'not_sms_capable'],
  [/phone number/i, 'invalid_number'],
  [/LIMIT_EXCEEDED|RATE_LIMITED/, 'rate_limited'],
  [/SHORT_CODE|ACCESS_BARRED/, 'blocked_destination'],
  [
    /No SIMs found|SIM \d+ not found|SIM_ABSENT|NO_DEFAULT_SMS_APP|permission|FDN_CHECK|SMSC_ADDRESS|NOT_ALLOWED/i,
    'config',
  ],
  [
    /TTL expired|RADIO|NO_SERVICE|NETWORK|MODEM|NO_RESOURCES|NO_MEMORY|SYSTEM_ERR|DURING_EMERGENCY|TO_CALL/i,
    'temporary',
  ],
];

/**
 * Makes the provider of SMS Gateway for Android (https://sms-gate.app): texts go out by the SIM of a phone of yours, which is asked itself or through the app's cloud or private
 * server. The message's id there derives from its reference, so that a message which is asked for again is not sent again. Throws a `ConfigurationError` that names every fault.
 */
export function androidGatewayProvider(options: AndroidGatewayOptions): Provider {
  const { username, password, signingKey, simNumber, name = 'android-gateway', timeoutMs } = options;
  const faults = faultsIn(options);
  if (faults.length > 0) throw new ConfigurationError(faults);
  // The number was checked against newer metadata than a phone has.
  const url = `${options.baseUrl.replace(/\/+$/, '')}/messages?skipPhoneValidation=true`;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

  return {
    name,
    channels: ['sms'],
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    async send({ to, text, reference, lifetimeSeconds }, { signal }) {
      const id = idOf(reference);
      const answer = await postToVendor({
        name,
        url,
        signal,
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({
          id,
          textMessage: { text },
          phoneNumbers: [to],
          ttl: Math.max(leastTtlSeconds, lifetimeSeconds),
          priority,
          withDeliveryReport: true,
          simNumber,
        }),
      });
      const { status } = answer;
      const said = readObject(answer.text);
      // Nobody else makes this id: the phone has the message from an earlier try.
      if (status === 409) return { messageId: id };
      if (status < 200 || status >= 300) {
        const kind = (status === 400 ? kindOfReason(said?.['message']) : null) ?? kindOfStatus(status);
        throw refusal(name, kind, answer);
      }
      const failure = failureIn(said);
      if (failure) throw refusal(name, failure, answer);
      const given = said?.['id'];
      if (typeof given === 'string' && given !== '') return { messageId: given };
      throw new ProviderError('unknown', `${name} may have taken the message: its answer has no id (HTTP ${status})`);
    },
    ...(signingKey === undefined
      ? {}
      : {
          returnsReference: false,
          receipts: async (request: ReceiptRequest) => readReceipts(verifiedBody(request, signingKey)),
        }),
  };
}

/** Shaped like a UUID: the cloud takes at most 36 characters. */
function idOf(reference: string): string {
  const hex = createHash('sha256').update(reference).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** Of an answer that took the message; null: it did not fail yet. */
function failureIn(said: Readonly<Record<string, unknown>> | null): ProviderErrorKind | null {
  if (said?.['state'] === 'Cancelled') return 'temporary';
  if (said?.['state'] !== 'Failed') return null;
  const [recipient] = Array.isArray(said['recipients']) ? (said['recipients'] as readonly unknown[]) : [];
  return kindOfReason((recipient as { error?: unknown } | undefined)?.error) ?? 'temporary';
}

function kindOfReason(reason: unknown): ProviderErrorKind | null {
  return typeof reason === 'string' ? (reasons.find(([words]) => words.test(reason))?.[1] ?? null) : null;
}

function refusal(name: string, kind: ProviderErrorKind, answer: VendorAnswer): ProviderError {
  const retry = { retryAfterSeconds: retryAfterSeconds(answer) };
  return new ProviderError(kind, `${name} refused the message: ${kind} (HTTP ${answer.status})`, retry);
}

/** The body, once its signature and time are right: hex HMAC-SHA256 over the body and the time behind it. */
function verifiedBody({ headers, body, nowMs }: ReceiptRequest, signingKey: string): string {
  const seconds = headers.get('x-timestamp') ?? '';
  const given = headers.get('x-signature') ?? '';
  if (!/^\d{1,12}$/.test(seconds) || !/^[0-9a-f]{64}$/i.test(given)) {
    throw new ReceiptError('X-Timestamp or X-Signature is missing');
  }
  const right = createHmac('sha256', signingKey).update(body).update(seconds).digest();
  if (!timingSafeEqual(Buffer.from(given, 'hex'), right)) {
    throw new ReceiptError('X-Signature is not that of the signing key over this body');
  }
  if (Math.abs(nowMs - Number(seconds) * 1_000) > windowMs) {
    throw new ReceiptError('X-Timestamp is not within 5 minutes of now');
  }
  return Buffer.from(body).toString();
}

/** Events of other kinds (a text that came in, a ping) tell nothing. */
function readReceipts(body: string): readonly Receipt[] {
  const told = readObject(body);
  if (told === null) throw new ReceiptError('the body is not a JSON object');
  const { event, payload } = told;
  const status = typeof event === 'string' && Object.hasOwn(statuses, event) ? statuses[event] : undefined;
  if (status === undefined) return [];
  const { messageId, reason } = (payload ?? {}) as { messageId?: unknown; reason?: unknown };
  if (typeof messageId !== 'string') throw new ReceiptError('payload.messageId is missing');
  return [{ messageId, reference: null, status, errorKind: status === 'failed' ? kindOfReason(reason) : null }];
}

function faultsIn({ baseUrl, username, password, signingKey, simNumber, timeoutMs }: AndroidGatewayOptions): string[] {
  const faults: string[] = [];
  if (!isAddress(baseUrl)) {
    faults.push(
      'baseUrl must be an https or http address without user, password and query, such as http://192.168.1.20:8080',
    );
  }
  if (!username || /[:\p{Cc}]/u.test(username)) faults.push('username is missing, or holds a colon: the app shows it');
  if (!password) faults.push('password is missing: the app shows it');
  if (signingKey === '') faults.push('signingKey is empty: the app shows it, under Settings, Webhooks');
  if (simNumber !== undefined && ![1, 2, 3].includes(simNumber)) faults.push('simNumber must be 1, 2 or 3');
  if (timeoutMs !== undefined && !(timeoutMs > 0 && Number.isFinite(timeoutMs)))
    faults.push('timeoutMs must be a number of milliseconds above 0');
  return faults;
}

function isAddress(url: string): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { protocol, username, password, search, hash } = new URL(url);
  return /^https?:$/.test(protocol) && `${username}${password}${search}${hash}` === '';
}
