import { ConfigurationError, VirtualNumberError } from '../errors.ts';
import { parsePhoneNumber } from '../phone-number.ts';
import { callVendor } from './exchange.ts';
import { readActivation, readBalance, readRelease, readStatus } from './handler-api-answers.ts';
import { commonFaults } from './option-faults.ts';
import { faultOfKeyInClear } from './vendor-address.ts';
import type { Released, ReleaseReason, VirtualNumberProvider } from './virtual-number.ts';

export interface HandlerApiOptions {
  /** The key of the account. */
  apiKey: string;
  /** What numbers are booked for, as the site names it: `go`, `ot`. */
  service: string;
  /** The site: all before `/stubs/handler_api.php`, or with it where its path is another. */
  baseUrl: string;
  name?: string | undefined;
  /** How long one call may take; 10 s when unset. */
  timeoutMs?: number | undefined;
  /** Milliseconds since the Unix epoch. */
  clock?: (() => number) | undefined;
}

const systemClock: () => number = Date.now;
const lifetimeMs = 20 * 60_000;

const complete = '6';
const cancel = '8';
/** What to set, and what else where the activation cannot change to that: one whose code came cannot be cancelled. */
const waysToRelease: Readonly<Record<ReleaseReason, readonly string[]>> = {
  used: [complete, cancel],
  unused: [cancel, complete],
  bad: [cancel, complete],
};

/**
 * Makes the provider of a site with the `handler_api.php` protocol, which many speak. Countries are numbers and services are short words, and each site has its own: `187`, `go`.
 * Throws a `ConfigurationError` that names every fault.
 */
export function handlerApiNumbers(options: HandlerApiOptions): VirtualNumberProvider {
  const { apiKey, baseUrl, name = 'handler-api', timeoutMs, clock = systemClock } = options;
  const faults = faultsIn(options);
  if (faults.length > 0) throw new ConfigurationError(faults);
  const address = baseUrl.replace(/\/+$/, '');
  const page = address.endsWith('.php') ? address : `${address}/stubs/handler_api.php`;

  async function call(action: string, query: Readonly<Record<string, string>>, signal: AbortSignal) {
    const url = new URL(`${page}?${new URLSearchParams({ api_key: apiKey, action, ...query }).toString()}`);
    const answer = await callVendor({ name, method: 'GET', url, signal, timeoutMs });
    const asked = query['service'] === undefined ? action : `service ${query['service']}, country ${query['country']}`;
    return { answer, heard: { name, asked, nowMs: clock() } };
  }

  return {
    name,
    pace: { pollMs: 3_000, acquiresPerMinute: 10 },

    async acquire({ country, service = options.service, maxPrice }, { signal }) {
      const most: Record<string, string> = maxPrice === undefined ? {} : { maxPrice: String(maxPrice) };
      const { answer, heard } = await call('getNumber', { service, country, ...most }, signal);
      const { id, digits } = readActivation(answer, heard);
      const parsed = parsePhoneNumber(`+${digits.replace('+', '')}`);
      if (!parsed.valid) {
        throw new VirtualNumberError(
          'protocol',
          `${name} gave a number that no numbering plan knows. It was not released: it ends by itself.`,
        );
      }
      const acquiredAtMs = clock();
      return {
        provider: name,
        handle: id,
        number: parsed.number.e164,
        acquiredAtMs,
        expiresAtMs: acquiredAtMs + lifetimeMs,
      };
    },

    async poll({ handle }, { signal }) {
      const { answer, heard } = await call('getStatus', { id: handle }, signal);
      return readStatus(answer, heard);
    },

    async release({ handle }, reason, { signal }) {
      let released: Released | null = null;
      for (const status of waysToRelease[reason]) {
        const { answer, heard } = await call('setStatus', { id: handle, status }, signal);
        released = readRelease(answer, heard);
        if (released !== null) break;
      }
      // What can neither be completed nor cancelled is over.
      return released ?? 'released';
    },

    async balance({ signal }) {
      const { answer, heard } = await call('getBalance', {}, signal);
      return readBalance(answer, heard);
    },
  };
}

function faultsIn(options: HandlerApiOptions): string[] {
  const { apiKey, service, baseUrl } = options;
  const faults = commonFaults(options);
  const inClear = faultOfKeyInClear(baseUrl);
  if (inClear !== null) faults.push(inClear);
  if (!apiKey) faults.push('apiKey is missing: the key of the account');
  if (!service) faults.push('service is missing: what numbers are booked for, as the site names it, such as go');
  return faults;
}
