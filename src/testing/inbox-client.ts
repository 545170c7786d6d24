import { randomUUID } from 'node:crypto';
import { CodeNotReceivedError } from '../errors.ts';
import { maskPhoneNumber } from '../phone-number.ts';
import { inboxCaller } from './inbox-caller.ts';

/** A text as a test gets it from an inbox. */
export interface TestMessage {
  /** Also a cursor: later texts have greater ones. */
  readonly id: string;
  /** E.164. */
  readonly to: string;
  readonly from: string;
  readonly body: string;
  /** As found in the body; null where there is none. */
  readonly code: string | null;
  /** Who delivered it: `inbox`, or the vendor whose emulator took it. */
  readonly provider: string;
  readonly receivedAt: Date;
}

export interface InboxClientOptions {
  /** Where the inbox is; `PHONEPROOF_INBOX_URL`, else `http://127.0.0.1:8080`, where `phoneproof dev` and `phoneproof inbox` listen. */
  readonly url?: string;
  /** The password of an inbox that asks for one; `PHONEPROOF_INBOX_PASSWORD` when unset. */
  readonly password?: string;
  /** A name for this run of tests, which the page shows beside its texts and finds by `run:`; one is made up when unset. */
  readonly run?: string;
}

export interface WaitForText {
  /** How long to wait; 30,000 when unset. */
  readonly timeoutMs?: number;
  /** A cursor: only texts after it count. Unset: each text once, of those that came since the client was made, the oldest first. */
  readonly after?: string;
  readonly signal?: AbortSignal;
}

/** A number that is this test's own until it is given back. */
export interface TestPhone {
  /** E.164. */
  readonly number: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** As `InboxClient.waitForCode`, for this number. */
  waitForCode(options?: WaitForText): Promise<string>;
  /** As `InboxClient.waitForMessage`, for this number. */
  waitForMessage(options?: WaitForText): Promise<TestMessage>;
  /** Gives the number back; again: nothing. */
  release(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** An inbox as a test sees it. */
export interface InboxClient {
  readonly url: string;
  readonly run: string;
  /**
   * Lends a number that no other test has, in this process or another, so that tests can run side by side. `country` is an ISO 3166-1 alpha-2 code (US when unset);
   * `seconds`: for how long at most (1,200 when unset).
   */
  phone(wish?: { readonly country?: string; readonly seconds?: number }): Promise<TestPhone>;
  /**
   * Resolves with the code of the next text to a number, whether it is there already or still to come. Texts without a code are passed over. Rejects with a
   * `CodeNotReceivedError` that says what arrived instead when the time is up, and with the signal's reason when that aborts.
   */
  waitForCode(to: string, options?: WaitForText): Promise<string>;
  /** As `waitForCode`, with the whole text, also one without a code. */
  waitForMessage(to: string, options?: WaitForText): Promise<TestMessage>;
  /** The texts to a number that came since the client was made, the oldest first; those that were waited for too. */
  messages(to: string): Promise<readonly TestMessage[]>;
  /** Gives back every number that `phone` lent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const usualUrl = 'http://127.0.0.1:8080';
const usualTimeoutMs = 30_000;
/** The inbox waits for no longer at a time. */
const longestWaitSeconds = 60;
const longestCallMs = 70_000;
const systemClock: () => number = Date.now;

/**
 * Connects a test to an inbox: `phoneproof dev`, or `phoneproof inbox`. Texts from before this call are none of its business. Rejects with a `ConfigurationError` that says what to do
 * where no inbox answers.
 *
 * ```ts
 * const inbox = await connectInbox();
 * const phone = await inbox.phone();
 * await signUp(phone.number); // your app
 * const code = await phone.waitForCode();
 * ```
 */
export async function connectInbox(options: InboxClientOptions = {}): Promise<InboxClient> {
  const { env } = process;
  const url = (options.url ?? env['PHONEPROOF_INBOX_URL'] ?? usualUrl).replace(/\/+$/, '');
  const password = options.password ?? env['PHONEPROOF_INBOX_PASSWORD'];
  const run = options.run ?? `run-${randomUUID().slice(0, 8)}`;
  const call = inboxCaller(url, password);
  const { cursor: beginning } = await call<{ cursor: string }>('GET', '/messages', { query: { limit: '1' } });
  /** By number: the text that was waited for last. */
  const heard = new Map<string, string>();
  /** Those that waits without a cursor looked at: of several at once, one has each. */
  const taken = new Set<string>();
  const lent = new Set<TestPhone>();

  /** What came since the client was made, the newest first. */
  async function since(only: { to?: string }): Promise<readonly WireMessage[]> {
    const query = { ...only, after: beginning, limit: '1000' };
    return (await call<{ data: readonly WireMessage[] }>('GET', '/messages', { query })).data;
  }

  async function waitForMessage(to: string, wait: WaitForText = {}, needsCode = false): Promise<TestMessage> {
    const { after, signal, timeoutMs = usualTimeoutMs } = wait;
    const endMs = systemClock() + timeoutMs;
    let from = after ?? heard.get(to) ?? beginning;
    for (let polls = 1; ; polls += 1) {
      const leftMs = Math.max(0, endMs - systemClock());
      const timeout = String(Math.min(longestWaitSeconds, Math.ceil(leftMs / 1_000)));
      const text = await call<WireMessage | null>('GET', '/wait', {
        query: { to, after: from, timeout },
        signal,
        // The inbox waits whole seconds. What arrives while a call is given up is there for the last one, which does not wait.
        ...(leftMs > 0 && { waitMs: Math.ceil(Math.min(leftMs, longestCallMs)) }),
      });
      if (text) {
        from = text.id;
        if (after === undefined) {
          if (taken.has(from)) continue;
          taken.add(from);
          heard.set(to, from);
        }
        if (text.code !== null || !needsCode) return messageOf(text);
      } else if (leftMs === 0) {
        throw await notReceived(to, { waitedMs: timeoutMs, polls, needsCode });
      }
    }
  }

  async function notReceived(
    to: string,
    { waitedMs, polls, needsCode }: { waitedMs: number; polls: number; needsCode: boolean },
  ): Promise<CodeNotReceivedError> {
    const data = await since({});
    const own = data.filter((text) => text.to === to).length;
    const others = data.length - own;
    const masked = maskPhoneNumber(to);
    const arrived =
      data.length === 0
        ? 'The inbox received no text at all since this client connected: check that the app sends through it'
        : own > 0
          ? `${own} arrived on it since this client connected, ${needsCode ? 'without a code or waited for before' : 'waited for before'}: check what the app says in its text`
          : `It received ${others} for other numbers meanwhile: check that the app sends to this one`;
    return new CodeNotReceivedError(
      `No ${needsCode ? 'code' : 'text'} for ${masked} arrived at ${url} within ${waitedMs / 1_000} s. ${arrived}, and see ${url}/inbox.`,
      {
        provider: 'inbox',
        to: masked,
        waitedMs,
        polls,
        lastAnswer: own > 0 ? 'texts without a code' : 'no text',
      },
    );
  }

  const waitForCode = async (to: string, wait?: WaitForText): Promise<string> =>
    (await waitForMessage(to, wait, true)).code ?? '';

  const client: InboxClient = {
    url,
    run,
    async phone({ country, seconds } = {}) {
      const lease = await call<WireLease>('POST', '/numbers', { body: { run, country, seconds } });
      const { number, cursor } = lease;
      heard.set(number, cursor);
      const release = async (): Promise<void> => {
        // After the end of the lease the number may be someone else's: the cursor says whose is meant.
        if (lent.delete(phone)) await call('DELETE', `/numbers/${encodeURIComponent(number)}`, { query: { cursor } });
      };
      const phone: TestPhone = {
        number,
        country: lease.country,
        waitForCode: (wait) => waitForCode(number, wait),
        waitForMessage: (wait) => waitForMessage(number, wait),
        release,
        [Symbol.asyncDispose]: release,
      };
      lent.add(phone);
      return phone;
    },
    waitForCode,
    waitForMessage: (to, wait) => waitForMessage(to, wait),
    async messages(to) {
      return (await since({ to })).map(messageOf).toReversed();
    },
    async close() {
      await Promise.all([...lent].map((phone) => phone.release()));
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
  return client;
}

interface WireMessage {
  readonly id: string;
  readonly to: string;
  readonly from: string;
  readonly body: string;
  readonly code: string | null;
  readonly provider: string;
  readonly received_at: string;
}

interface WireLease {
  readonly number: string;
  readonly country: string;
  readonly cursor: string;
}

function messageOf({ id, to, from, body, code, provider, received_at: receivedAt }: WireMessage): TestMessage {
  return { id, to, from, body, code, provider, receivedAt: new Date(receivedAt) };
}
