import { ConfigurationError, VirtualNumberError } from '../errors.ts';
import { faultsOfListen, openWebhookListener, type WebhookAddress } from './android-gateway-webhook.ts';
import { readObject } from '../providers/exchange.ts';
import { callVendor, type VendorAnswer, type VendorCall } from './exchange.ts';
import { commonFaults, isE164 } from './option-faults.ts';
import { ownNumbers } from './own-numbers.ts';
import { notUnderstood, refusalOfStatus } from './refusal.ts';
import type { ReceivedText, VirtualNumberProvider } from './virtual-number.ts';

export interface AndroidGatewayNumbersOptions {
  /** All before `/inbox` and `/webhooks`: `http://192.168.1.20:8080` on the phone itself, `https://api.sms-gate.app/3rdparty/v1` in the cloud. */
  baseUrl: string;
  /** As the app shows them. */
  username: string;
  password: string;
  /** Of the SIM, in E.164. */
  number: string;
  /** Of a phone with several SIMs: the one with the number, 1 to 3. Unset: texts to all of them count. */
  simNumber?: number | undefined;
  /** To be told of texts by a webhook, in place of asking the phone: in the cloud, and with apps that have no `/inbox`. Needs `signingKey`. */
  listen?: WebhookAddress | undefined;
  /** Signs what the app tells: Settings, Webhooks, Signing key. */
  signingKey?: string | undefined;
  name?: string | undefined;
  /** How long one call may take; 10 s when unset. */
  timeoutMs?: number | undefined;
  /** Milliseconds since the Unix epoch. */
  clock?: (() => number) | undefined;
}

/** How a lease learns of texts. */
interface Source {
  texts(signal: AbortSignal): Promise<readonly ReceivedText[]>;
  /** What it holds of this machine. */
  close(): Promise<void>;
  /** What it holds of the phone. */
  takeOff(signal: AbortSignal): Promise<void>;
}

interface InboxText extends ReceivedText {
  readonly id: string;
}

const systemClock: () => number = Date.now;
const pace = { pollMs: 1_000, acquiresPerMinute: 60 };
/** How many texts are remembered as those from before a lease, and how many are read in a poll: the latest. */
const limits = { before: 50, poll: 20 };
/** For taking a webhook off again whose registration was given up. */
const cleaningMs = 5_000;

/**
 * Makes the provider of a number of yours: its SIM is in a phone with SMS Gateway for Android (https://sms-gate.app). Asks the phone what came in; with `listen` it is told. The
 * number is lent to one lease at a time, by this object. Throws a `ConfigurationError` that names every fault.
 */
export function androidGatewayNumbers(options: AndroidGatewayNumbersOptions): VirtualNumberProvider {
  const { username, password, number, simNumber, listen, signingKey, clock = systemClock } = options;
  const { name = 'android-gateway' } = options;
  const faults = faultsOf({ ...options, name });
  if (faults.length > 0) throw new ConfigurationError(faults);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const leases = ownNumbers<Source>([number]);
  /** Leases that ended, and whose webhooks could not be taken off the phone yet. */
  const toEnd = new Map<string, Source>();

  function call(method: VendorCall['method'], path: string, signal: AbortSignal, body?: object): Promise<VendorAnswer> {
    const url = new URL(`${options.baseUrl.replace(/\/+$/, '')}/${path}`);
    const headers = { authorization, accept: 'application/json', ...(body && { 'content-type': 'application/json' }) };
    return callVendor({
      name,
      method,
      url,
      headers,
      signal,
      timeoutMs: options.timeoutMs,
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  function refusalOf(answer: VendorAnswer, otherwise: string): VirtualNumberError {
    return answer.status === 404 || answer.status === 400
      ? new VirtualNumberError('config', `${name} refused the call (HTTP ${answer.status}): ${otherwise}`)
      : refusalOfStatus(name, answer, clock());
  }

  /** The latest that came in, the newest last. */
  async function inboxTexts(limit: number, signal: AbortSignal): Promise<readonly InboxText[]> {
    const answer = await call('GET', `inbox?type=SMS&limit=${limit}`, signal);
    if (answer.status !== 200) {
      throw refusalOf(
        answer,
        'there is no /inbox. Update the app (1.59 or later) and call the phone itself (Local Server), or set listen.',
      );
    }
    const read = readInbox(answer.text, simNumber);
    if (read === null) throw notUnderstood(name, answer);
    return read.toReversed();
  }

  async function askedSource(signal: AbortSignal): Promise<Source> {
    const before = new Set((await inboxTexts(limits.before, signal)).map(({ id }) => id));
    return {
      async texts(ends) {
        const texts = await inboxTexts(limits.poll, ends);
        return texts.filter(({ id }) => !before.has(id)).map(({ code, text, from }) => ({ code, text, from }));
      },
      close: async () => undefined,
      takeOff: async () => undefined,
    };
  }

  async function toldSource(address: WebhookAddress, key: string, id: string, signal: AbortSignal): Promise<Source> {
    const told = await openWebhookListener({ name, address, signingKey: key, id, simNumber, clock });
    const takeOff = async (ends: AbortSignal): Promise<void> => {
      const answer = await call('DELETE', `webhooks/${id}`, ends);
      if (answer.status !== 404 && !isTaken(answer)) throw refusalOf(answer, 'take its webhook off by hand.');
    };
    try {
      const answer = await call('POST', 'webhooks', signal, { id, url: address.url, event: 'sms:received' });
      if (!isTaken(answer)) throw refusalOf(answer, 'it takes https addresses for webhooks, and http://127.0.0.1.');
      if (readObject(answer.text)?.['id'] !== id) throw notUnderstood(name, answer);
      signal.throwIfAborted();
    } catch (error) {
      await told.close();
      // Whatever the answer was, or whether one came: it may have been registered.
      void takeOff(AbortSignal.timeout(cleaningMs)).catch(() => undefined);
      throw error;
    }
    return { texts: async () => told.texts(), close: told.close, takeOff };
  }

  return {
    name,
    pace,

    async acquire(_wanted, { signal }) {
      signal.throwIfAborted();
      const acquiredAtMs = clock();
      const lent = await leases.lend(acquiredAtMs, async (_number, handle) =>
        listen && signingKey !== undefined
          ? toldSource(listen, signingKey, `phoneproof-${handle}`, signal)
          : askedSource(signal),
      );
      if (lent) return { provider: name, handle: lent.handle, number, acquiredAtMs, expiresAtMs: null };
      throw new VirtualNumberError('no_numbers', `The number of ${name} is lent: give it back first.`);
    },

    async poll({ handle }, { signal }) {
      signal.throwIfAborted();
      const lent = leases.find(handle);
      if (!lent) return { state: 'lost', answer: 'the number was given back' };
      const texts = await lent.kept.texts(signal);
      return texts.length > 0 ? { state: 'received', texts } : { state: 'waiting', answer: 'no text came in' };
    },

    async release({ handle }, _reason, { signal }) {
      const source = leases.find(handle)?.kept ?? toEnd.get(handle);
      if (!source) return 'released';
      toEnd.set(handle, source);
      // The next lease may listen on the same port.
      await source.close();
      leases.end(handle);
      await source.takeOff(signal);
      toEnd.delete(handle);
      return 'released';
    },
  };
}

const isTaken = ({ status }: VendorAnswer): boolean => status >= 200 && status < 300;

/** The texts of an answer, as they stand there: the newest first. Null: it cannot be read. */
function readInbox(body: string, simNumber: number | undefined): readonly InboxText[] | null {
  const said = readArray(body);
  const texts: InboxText[] = [];
  for (const one of said ?? []) {
    // The preview of a text is the whole text.
    const { id, type, sender, contentPreview: text, simNumber: sim } = (one ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof id !== 'string' || typeof text !== 'string') return null;
    if (type !== 'SMS' || (simNumber !== undefined && typeof sim === 'number' && sim !== simNumber)) continue;
    texts.push({ id, code: null, text, from: typeof sender === 'string' ? sender : null });
  }
  return said && texts;
}

function readArray(body: string): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(body);
    return Array.isArray(value) ? (value as readonly unknown[]) : null;
  } catch {
    return null;
  }
}

function faultsOf(options: AndroidGatewayNumbersOptions): string[] {
  const { username, password, number, simNumber, listen, signingKey } = options;
  const faults = commonFaults(options);
  if (!username || /[:\p{Cc}]/u.test(username)) faults.push('username is missing, or holds a colon: the app shows it');
  if (!password) faults.push('password is missing: the app shows it');
  if (!isE164(number)) faults.push('number must be that of the SIM, like +12025550143');
  if (simNumber !== undefined && ![1, 2, 3].includes(simNumber)) faults.push('simNumber must be 1, 2 or 3');
  if (signingKey === '') faults.push('signingKey is empty: the app shows it, under Settings, Webhooks');
  if (listen !== undefined) {
    faults.push(...faultsOfListen(listen));
    if (signingKey === undefined) faults.push('signingKey is missing: listen takes only what is signed with it');
  }
  return faults;
}
