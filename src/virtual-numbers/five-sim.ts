import { ConfigurationError, VirtualNumberError, type VirtualNumberErrorKind } from '../errors.ts';
import { readObject } from '../providers/exchange.ts';
import { callVendor, type VendorAnswer } from './exchange.ts';
import { commonFaults, isE164 } from './option-faults.ts';
import { notUnderstood, refusal, refusalOfStatus } from './refusal.ts';
import { faultOfKeyInClear } from './vendor-address.ts';
import type { ReceivedText, ReleaseReason, VirtualNumberProvider, WantedNumber } from './virtual-number.ts';

export interface FiveSimOptions {
  /** The API key of the "5SIM protocol", not of the older API1. */
  token: string;
  /** What numbers are booked for, as 5sim names it: `google`, `other`. */
  service: string;
  /** Unset: `any`. With another one 5sim heeds no highest price. */
  operator?: string | undefined;
  /** Of an emulator; unset: 5sim. */
  baseUrl?: string | undefined;
  name?: string | undefined;
  /** How long one call may take; 10 s when unset. */
  timeoutMs?: number | undefined;
  /** Milliseconds since the Unix epoch. */
  clock?: (() => number) | undefined;
}

/** An order as 5sim tells it. */
interface Order {
  readonly id: string;
  readonly phone: unknown;
  readonly status: string;
  /** Null where they cannot be read. */
  readonly texts: readonly ReceivedText[] | null;
  /** From its beginning to its end. */
  readonly lifetimeMs: number;
}

const systemClock: () => number = Date.now;
const usualLifetimeMs = 15 * 60_000;
const segment = /^[\w-]{1,64}$/;

/** What 5sim says as plain text, with any status. The first that fits counts. */
const sentences: readonly (readonly [RegExp, VirtualNumberErrorKind, string])[] = [
  [/no free phones|not enough product qty/i, 'no_numbers', 'has no such number free just now'],
  [/not enough user balance/i, 'funds', 'says that the account has not enough money'],
  [/not enough rating/i, 'config', 'sells nothing to an account of this rating for 24 hours'],
  [/(?:bad|select) country|country is incorrect/i, 'config', 'does not know the country'],
  [/(?:bad|select) operator/i, 'config', 'does not know the operator'],
  [/(?:no|bad|select) product|product is incorrect/i, 'config', 'does not sell numbers for the service'],
  [/server offline|internal error/i, 'unavailable', 'is out of order: try again'],
];
const isOver = /order not found|order expired|record not found/i;
const isOtherWay = /order has sms|order no sms/i;

const waiting: readonly string[] = ['PENDING', 'RECEIVED'];
const over: readonly string[] = ['CANCELED', 'TIMEOUT', 'FINISHED', 'BANNED'];

/** What to call, and what else where 5sim says that the order has a text, or has none. */
const waysToRelease: Readonly<Record<ReleaseReason, readonly string[]>> = {
  used: ['finish', 'cancel'],
  unused: ['cancel', 'finish'],
  bad: ['ban', 'finish'],
};

/**
 * Makes the provider of 5sim (https://5sim.net), which rents numbers for one activation each. Countries and services are names: `usa`, `england`; `google`, `other`. Throws a
 * `ConfigurationError` that names every fault.
 */
export function fiveSimNumbers(options: FiveSimOptions): VirtualNumberProvider {
  const { token, operator = 'any', baseUrl = 'https://5sim.net', name = '5sim', clock = systemClock } = options;
  const faults = faultsOf({ ...options, baseUrl, operator, name });
  if (faults.length > 0) throw new ConfigurationError(faults);
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };

  function call(path: string, signal: AbortSignal): Promise<VendorAnswer> {
    const url = new URL(`${baseUrl.replace(/\/+$/, '')}/v1/user/${path}`);
    return callVendor({ name, method: 'GET', url, headers, signal, timeoutMs: options.timeoutMs });
  }

  function refusalOf(answer: VendorAnswer, asked = ''): VirtualNumberError {
    const found = sentences.find(([words]) => words.test(answer.text));
    if (found) return refusal(found[1], `${name} ${found[2]}${asked} (HTTP ${answer.status}).`, answer, clock());
    return refusalOfStatus(name, answer, clock());
  }

  return {
    name,
    pace: { pollMs: 1_000, acquiresPerMinute: 30 },

    async acquire({ country, service = options.service, maxPrice }, { signal }) {
      const fault = faultOfWish({ country, service, maxPrice }, operator);
      if (fault !== null) throw new VirtualNumberError('config', `${name}: ${fault}`);
      const limit = maxPrice === undefined ? '' : `?maxPrice=${maxPrice}`;
      const answer = await call(`buy/activation/${country}/${operator}/${service}${limit}`, signal);
      const order = readOrder(answer);
      if (!order) throw refusalOf(answer, `: country ${country}, operator ${operator}, service ${service}`);
      const number = typeof order.phone === 'string' ? order.phone.replace(/^(?!\+)/, '+') : null;
      if (!isE164(number) || !waiting.includes(order.status)) throw notUnderstood(name, answer);
      const acquiredAtMs = clock();
      return { provider: name, handle: order.id, number, acquiredAtMs, expiresAtMs: acquiredAtMs + order.lifetimeMs };
    },

    async poll({ handle }, { signal }) {
      const answer = await call(`check/${encodeURIComponent(handle)}`, signal);
      const order = readOrder(answer);
      if (!order) {
        if (isOver.test(answer.text)) return { state: 'lost', answer: 'there is no such order any more' };
        throw refusalOf(answer);
      }
      const { status, texts } = order;
      if (texts === null) throw notUnderstood(name, answer);
      if (texts.length > 0) return { state: 'received', texts };
      if (waiting.includes(status)) return { state: 'waiting', answer: status };
      if (over.includes(status)) return { state: 'lost', answer: status };
      throw notUnderstood(name, answer);
    },

    async release({ handle }, reason, { signal }) {
      let answer: VendorAnswer | undefined;
      for (const way of waysToRelease[reason]) {
        answer = await call(`${way}/${encodeURIComponent(handle)}`, signal);
        if (readOrder(answer) || isOver.test(answer.text)) return 'released';
        if (!isOtherWay.test(answer.text)) break;
      }
      throw refusalOf(answer as VendorAnswer);
    },

    async balance({ signal }) {
      const answer = await call('profile', signal);
      const left = isTaken(answer) ? readObject(answer.text)?.['balance'] : undefined;
      if (typeof left === 'number') return left;
      throw refusalOf(answer);
    },
  };
}

const isTaken = ({ status }: VendorAnswer): boolean => status >= 200 && status < 300;

/** Null: this is no order. */
function readOrder(answer: VendorAnswer): Order | null {
  const said = isTaken(answer) ? readObject(answer.text) : null;
  const { id, phone, status, sms, expires, created_at: created } = said ?? {};
  if (!/^\d{1,20}$/.test(typeof id === 'number' ? String(id) : typeof id === 'string' ? id : '')) return null;
  if (typeof status !== 'string') return null;
  // By its own clock, which may differ from ours.
  const lifetimeMs = Date.parse(String(expires)) - Date.parse(String(created));
  return {
    id: String(id),
    phone,
    status,
    texts: readTexts(sms),
    lifetimeMs: lifetimeMs > 0 ? lifetimeMs : usualLifetimeMs,
  };
}

function readTexts(sms: unknown): readonly ReceivedText[] | null {
  if (sms === null || sms === undefined) return [];
  if (!Array.isArray(sms)) return null;
  const read = (sms as readonly unknown[]).map((one) => {
    const { code, text, sender, created_at: at } = (one ?? {}) as Readonly<Record<string, unknown>>;
    const received = { code: wordsOf(code), text: wordsOf(text), from: wordsOf(sender) };
    return received.code === null && received.text === null ? null : { received, atMs: Date.parse(String(at)) };
  });
  if (read.includes(null)) return null;
  return read
    .flatMap((one) => one ?? [])
    .toSorted((one, other) => one.atMs - other.atMs || 0)
    .map(({ received }) => received);
}

function wordsOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** What is wrong with the number that is wanted; null: nothing. */
function faultOfWish({ country, service, maxPrice }: WantedNumber, operator: string): string | null {
  if (!segment.test(country)) return 'country must be a name like usa or england, of letters, digits and dashes';
  if (!segment.test(service ?? '')) return 'service must be a name like google or other, of letters, digits and dashes';
  if (maxPrice === undefined) return null;
  if (!(maxPrice > 0 && Number.isFinite(maxPrice))) return 'maxPrice must be a number above 0';
  return operator === 'any' ? null : 'maxPrice is heeded only where operator is any: leave one of them out';
}

function faultsOf(options: FiveSimOptions & { baseUrl: string }): string[] {
  const { token, service, operator, baseUrl } = options;
  const faults = commonFaults(options);
  const inClear = faultOfKeyInClear(baseUrl);
  if (inClear !== null) faults.push(inClear);
  if (typeof token !== 'string' || !/^[!-~]+$/.test(token)) {
    faults.push('token is missing: it is in the settings of the account, as API key of the 5SIM protocol');
  }
  if (!segment.test(service ?? '')) faults.push('service must be a name like google or other');
  if (!segment.test(operator ?? '')) faults.push('operator must be a name like virtual4, or any');
  return faults;
}
