import { ConfigurationError, VirtualNumberError } from '../errors.ts';
import { parsePhoneNumber } from '../phone-number.ts';
import { readObject } from '../providers/exchange.ts';
import { countryNamed } from './country-names.ts';
import { callVendor } from './exchange.ts';
import { commonFaults } from './option-faults.ts';
import { readBalance, readNumber, readRejection, readSms } from './smspinverify-answers.ts';
import { faultOfKeyInClear } from './vendor-address.ts';
import type { VirtualNumberProvider } from './virtual-number.ts';

export interface SmspinverifyOptions {
  /** The API key of the account. */
  customer: string;
  /** What numbers are booked for, as the provider's price list names it: `Google`, `Google Voice`. */
  service: string;
  /** Unset: SMS Pin Verify. Another site with the same calls, or an emulator: its address, or, where they are not below `/user/`, all before `get_number.php`: `https://api.pvapins.com/user/api`. */
  baseUrl?: string | undefined;
  name?: string | undefined;
  /** How long one call may take; 10 s when unset. */
  timeoutMs?: number | undefined;
  /** Milliseconds since the Unix epoch. */
  clock?: (() => number) | undefined;
}

/** What the provider is asked about a number with. */
interface Booking {
  /** As the provider wrote it: it knows its number in no other form. */
  readonly number: string;
  readonly app: string;
  readonly country: string;
}

const systemClock: () => number = Date.now;
/** The provider knows nothing of a number right after it gave it. */
const notKnownYetMs = 30_000;
/** As its documentation says; others of the family keep a number for 20 minutes. */
const lifetimeMs = 3 * 60_000;

/**
 * Makes the provider of SMS Pin Verify (https://smspinverify.com), and of the sites with the same calls. Countries and services are names: `USA`, `Google`. Throws a
 * `ConfigurationError` that names every fault.
 */
export function smspinverifyNumbers(options: SmspinverifyOptions): VirtualNumberProvider {
  const { customer, baseUrl = 'https://api.smspinverify.com', name = 'smspinverify', timeoutMs } = options;
  const { clock = systemClock } = options;
  const faults = faultsIn({ ...options, baseUrl });
  if (faults.length > 0) throw new ConfigurationError(faults);
  const folder = folderOf(baseUrl);

  async function call(file: string, query: Readonly<Record<string, string>>, signal: AbortSignal) {
    const url = new URL(`${folder}/${file}?${new URLSearchParams({ customer, ...query }).toString()}`);
    const answer = await callVendor({ name, method: 'GET', url, signal, timeoutMs });
    const asked = `app ${query['app'] ?? 'none'}, country ${query['country'] ?? 'none'}`;
    return { answer, heard: { name, asked, nowMs: clock() } };
  }

  return {
    name,
    pace: { pollMs: 3_000, acquiresPerMinute: 5 },

    async acquire({ country, service: app = options.service }, { signal }) {
      const { answer, heard } = await call('get_number.php', { app, country }, signal);
      const { raw } = readNumber(answer, heard);
      const number = e164Of(raw, country);
      if (number === null) {
        throw new VirtualNumberError(
          'protocol',
          `${name} gave a number that is none of ${country}, and none with a country code either. It was not released: it ends by itself.`,
        );
      }
      const acquiredAtMs = clock();
      const handle = JSON.stringify({ number: raw, app, country } satisfies Booking);
      return { provider: name, handle, number, acquiredAtMs, expiresAtMs: acquiredAtMs + lifetimeMs };
    },

    async poll({ handle, acquiredAtMs }, { signal }) {
      const { answer, heard } = await call('get_sms.php', { ...bookingIn(name, handle) }, signal);
      const said = readSms(answer, heard);
      if (said.is === 'received') return { state: 'received', texts: said.texts };
      if (said.is === 'waiting') return { state: 'waiting', answer: said.answer };
      const isNew = clock() - acquiredAtMs < notKnownYetMs;
      return { state: isNew ? 'waiting' : 'lost', answer: 'the number was not found' };
    },

    async release({ handle }, reason, { signal }) {
      const booking = bookingIn(name, handle);
      // A number whose code came is done with: it cannot be given back any more.
      if (reason === 'used') return 'released';
      const { answer, heard } = await call('get_reject_number.php', { ...booking }, signal);
      return readRejection(answer, heard);
    },

    async balance({ signal }) {
      const { answer, heard } = await call('get_balance.php', {}, signal);
      return readBalance(answer, heard);
    },
  };
}

/** Of a number with or without a country code and its plus. Null: no plan knows it. */
function e164Of(raw: string, countryName: string): string | null {
  const country = countryNamed(countryName);
  const international = parsePhoneNumber(`+${raw.replace('+', '')}`);
  if (international.valid && (country === undefined || international.number.country === country))
    return international.number.e164;
  // What is a national number there may happen to be another country's number, too.
  const national = country === undefined || raw.startsWith('+') ? international : parsePhoneNumber(raw, country);
  if (national.valid) return national.number.e164;
  return international.valid ? international.number.e164 : null;
}

function bookingIn(name: string, handle: string): Booking {
  const { number, app, country } = readObject(handle) ?? {};
  if (typeof number === 'string' && typeof app === 'string' && typeof country === 'string')
    return { number, app, country };
  throw new VirtualNumberError('config', `This lease is not of ${name}.`);
}

function folderOf(baseUrl: string): string {
  const address = baseUrl.replace(/\/+$/, '');
  return /\/user(?:\/|$)/.test(new URL(address).pathname) ? address : `${address}/user`;
}

function faultsIn(options: SmspinverifyOptions & { baseUrl: string }): string[] {
  const { customer, service, baseUrl } = options;
  const faults = commonFaults(options);
  const inClear = faultOfKeyInClear(baseUrl);
  if (inClear !== null) faults.push(inClear);
  if (!customer) faults.push('customer is missing: the API key of the account');
  if (!service) faults.push('service is missing: what numbers are booked for, such as Google');
  return faults;
}
