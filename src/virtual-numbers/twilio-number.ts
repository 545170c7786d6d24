import { ConfigurationError, VirtualNumberError, type VirtualNumberErrorKind } from '../errors.ts';
import { readObject } from '../providers/exchange.ts';
import { callVendor, type VendorAnswer } from './exchange.ts';
import { commonFaults, isE164 } from './option-faults.ts';
import { ownNumbers } from './own-numbers.ts';
import { notUnderstood, refusal, refusalOfStatus } from './refusal.ts';
import { faultOfKeyInClear } from './vendor-address.ts';
import type { ReceivedText, VirtualNumberProvider } from './virtual-number.ts';

export interface TwilioNumbersOptions {
  /** `AC` and 32 hex digits. */
  accountSid: string;
  authToken?: string | undefined;
  /** `SK` and 32 hex digits, with its secret: instead of the auth token. */
  apiKey?: string | undefined;
  apiSecret?: string | undefined;
  /** Numbers of the account that receive SMS, in E.164. */
  numbers: readonly string[];
  /** Of an emulator, or of a service that speaks Twilio's API; unset: Twilio. */
  baseUrl?: string | undefined;
  name?: string | undefined;
  /** How long one call may take; 10 s when unset. */
  timeoutMs?: number | undefined;
  /** Milliseconds since the Unix epoch. */
  clock?: (() => number) | undefined;
}

interface InboundText extends ReceivedText {
  readonly sid: string;
  /** Null: Twilio does not say yet. */
  readonly atMs: number | null;
}

const systemClock: () => number = Date.now;
const pace = { pollMs: 1_000, acquiresPerMinute: 60 };
/** Twilio's times are whole seconds, and its clock is not ours. What came earlier than this before a lease is none of its texts, whoever knows of it. */
const toleranceMs = 60_000;
/** How many texts are remembered as those from before a lease, and how many are read in a poll: the latest. */
const pageSizes = { before: 50, poll: 20 };

/** https://www.twilio.com/docs/api/errors, as far as they can come of a list. */
const kinds: Readonly<Record<string, VirtualNumberErrorKind>> = {
  20003: 'auth',
  20005: 'funds',
  20403: 'auth',
  20404: 'config',
  20429: 'rate_limited',
};

const adviceFor: Partial<Record<VirtualNumberErrorKind, string>> = {
  auth: 'check the credentials',
  config: 'check accountSid and baseUrl',
  funds: 'look after the account',
};

/**
 * Makes the provider of numbers that you own at Twilio: it reads what arrived on them from the account's list of messages. Each is lent to one lease at a time, by this object;
 * what was on the list before a lease began is not the lease's. Throws a `ConfigurationError` that names every fault.
 */
export function twilioNumbers(options: TwilioNumbersOptions): VirtualNumberProvider {
  const { accountSid, authToken, baseUrl = 'https://api.twilio.com', name = 'twilio-number' } = options;
  const { apiKey: user = accountSid, apiSecret: password = authToken, clock = systemClock } = options;
  const faults = faultsOf({ ...options, baseUrl, name });
  if (faults.length > 0) throw new ConfigurationError(faults);
  const headers = {
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    accept: 'application/json',
  };
  const leases = ownNumbers<{ readonly sinceMs: number; readonly seen: ReadonlySet<string> }>(options.numbers);

  /** The latest that came to a number since then, the newest last. */
  async function inboundTexts(
    number: string,
    sinceMs: number,
    pageSize: number,
    signal: AbortSignal,
  ): Promise<readonly InboundText[]> {
    const url = new URL(`${baseUrl.replace(/\/+$/, '')}/2010-04-01/Accounts/${accountSid}/Messages.json`);
    url.searchParams.set('To', number);
    url.searchParams.set('DateSent>', new Date(sinceMs).toISOString().replace(/\.\d+Z$/, 'Z'));
    url.searchParams.set('PageSize', String(pageSize));
    const answer = await callVendor({ name, method: 'GET', url, headers, signal, timeoutMs: options.timeoutMs });
    const messages = answer.status === 200 ? readObject(answer.text)?.['messages'] : undefined;
    if (!Array.isArray(messages)) throw refusalOf(answer);
    const read = (messages as readonly unknown[]).map((message) => readMessage(message, number));
    if (read.includes(undefined)) throw notUnderstood(name, answer);
    return read.flatMap((text) => text ?? []).toReversed();
  }

  function refusalOf(answer: VendorAnswer): VirtualNumberError {
    const code = String(readObject(answer.text)?.['code']);
    const kind = Object.hasOwn(kinds, code) ? kinds[code] : undefined;
    if (kind === undefined) return refusalOfStatus(name, answer, clock());
    return refusal(kind, `${name} refused the call (${code}): ${adviceFor[kind] ?? 'try again'}.`, answer, clock());
  }

  return {
    name,
    pace,

    async acquire(_wanted, { signal }) {
      const acquiredAtMs = clock();
      const sinceMs = acquiredAtMs - toleranceMs;
      const lent = await leases.lend(acquiredAtMs, async (number) => {
        const before = await inboundTexts(number, sinceMs, pageSizes.before, signal);
        return { sinceMs, seen: new Set(before.map(({ sid }) => sid)) };
      });
      if (lent) return { provider: name, ...lent, acquiredAtMs, expiresAtMs: null };
      throw new VirtualNumberError(
        'no_numbers',
        `Every number of ${name} is lent: give one back, or add another to numbers.`,
      );
    },

    async poll({ handle }, { signal }) {
      const lent = leases.find(handle);
      if (!lent) return { state: 'lost', answer: 'the number was given back' };
      const { sinceMs, seen } = lent.kept;
      const texts = (await inboundTexts(lent.number, sinceMs, pageSizes.poll, signal)).filter(
        ({ sid, atMs }) => !seen.has(sid) && (atMs === null || atMs >= sinceMs),
      );
      if (texts.length === 0) return { state: 'waiting', answer: 'no text is on the list' };
      return { state: 'received', texts: texts.map(({ code, text, from }) => ({ code, text, from })) };
    },

    async release({ handle }) {
      leases.end(handle);
      return 'released';
    },
  };
}

/** Null: not a text that came to the number. Undefined: not a message. */
function readMessage(message: unknown, number: string): InboundText | null | undefined {
  const { sid, direction, to, from, body, ...dates } = (message ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof sid !== 'string' || sid === '' || typeof direction !== 'string') return undefined;
  if (direction !== 'inbound' || to !== number) return null;
  if (typeof body !== 'string') return undefined;
  const at = dates['date_sent'] ?? dates['date_created'] ?? null;
  if (at !== null && typeof at !== 'string') return undefined;
  const atMs = at === null ? null : Date.parse(at);
  if (Number.isNaN(atMs)) return undefined;
  return { sid, code: null, text: body, from: typeof from === 'string' ? from : null, atMs };
}

function faultsOf(options: TwilioNumbersOptions & { baseUrl: string }): string[] {
  const { accountSid, authToken, apiKey, apiSecret, numbers } = options;
  const faults = commonFaults(options);
  const inClear = faultOfKeyInClear(options.baseUrl);
  if (inClear !== null) faults.push(inClear);
  // Services that speak Twilio's API have identifiers of other shapes.
  const isTwilio = options.baseUrl === 'https://api.twilio.com';
  const isSid = (sid: string, prefix: string): boolean =>
    (isTwilio ? new RegExp(`^${prefix}[0-9a-fA-F]{32}$`) : /^[\w.-]{1,64}$/).test(sid);
  if (!isSid(accountSid ?? '', 'AC')) faults.push('accountSid must be AC and 32 hex digits');
  if (apiKey !== undefined && !isSid(apiKey, 'SK')) faults.push('apiKey must be SK and 32 hex digits');
  if (authToken === '') faults.push('authToken must not be empty');
  if (authToken === undefined && apiKey === undefined) {
    faults.push('authToken is missing: set it, or apiKey with apiSecret');
  }
  if ((apiKey === undefined) !== (apiSecret === undefined) || apiSecret === '') {
    faults.push('apiKey and apiSecret must be set together');
  }
  if (!Array.isArray(numbers) || numbers.length === 0 || !numbers.every(isE164)) {
    faults.push('numbers must be one or more numbers of the account, like +12025550143');
  } else if (new Set(numbers).size < numbers.length) faults.push('numbers must not name one number twice');
  return faults;
}
