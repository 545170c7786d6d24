import { SegmentedMessage } from 'sms-segments-calculator';
import { ConfigurationError } from '../errors.ts';
import { createCursors } from './cursors.ts';
import { extractCode } from './extract-code.ts';

/** A text that a phone would have received. */
export interface InboxMessage {
  /** Also a cursor: unique, and greater than that of every message before it. */
  readonly id: string;
  /** E.164. */
  readonly to: string;
  /** What the phone shows as the sender. */
  readonly from: string;
  readonly body: string;
  /** As found in the body; null where there is none. */
  readonly code: string | null;
  /** Name of the provider that delivered it. */
  readonly provider: string;
  readonly status: 'delivered';
  readonly receivedAt: Date;
  /** How many SMS the body takes, and in which alphabet (3GPP TS 23.038). */
  readonly segments: number;
  readonly encoding: 'GSM-7' | 'UCS-2';
}

export type NewMessage = Pick<InboxMessage, 'to' | 'from' | 'body' | 'provider'>;

/** What happens to an inbox. Going on `after` the cursor misses nothing, and repeats nothing unless it starts over. */
export type InboxEvent = { readonly cursor: string } & (
  | { readonly type: 'message'; readonly message: InboxMessage }
  /** The messages of a number, or (null) all, are gone. What is told after it is there. */
  | { readonly type: 'cleared'; readonly to: string | null }
);

/** Which messages are meant: all, when unset. */
export interface MessageFilter {
  /** A number with its country code, spelled as people do: `+1 (202) 555-0143`, `12025550143`, `0012025550143`. */
  to?: string | undefined;
}

/** Messages later than a cursor: a message's id, or `cursor()`. One of another inbox (from before a restart) hides nothing. */
export interface AfterCursor {
  after?: string | undefined;
}

export interface WaitOptions extends MessageFilter, AfterCursor {
  /** 30 s when unset; `Infinity` waits for as long as a timer can, 24 days. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Keeps messages in memory, in the order in which they arrived. */
export interface Inbox {
  add(message: NewMessage): InboxMessage;
  /** Newest first; the newest `limit` (100 when unset) of those that are meant. */
  list(options?: MessageFilter & AfterCursor & { limit?: number }): InboxMessage[];
  /** Where the inbox stands: what arrives from now on is after it. */
  cursor(): string;
  /**
   * Resolves with the first message after the cursor, whether it is there or still to come, and never misses one in between. Without `after`:
   * with the newest that is there, else the next to come. That is right for a number which is used once; a test that uses a number again takes
   * a `cursor()` before it sends, else it may get the text from last time. Resolves with null when the time is up; rejects when the signal aborts.
   */
  wait(options?: WaitOptions): Promise<InboxMessage | null>;
  /**
   * What happens after the cursor (when unset: from now on) until the signal aborts. For whoever comes back with a cursor from before the
   * latest clearing it starts over: with `cleared`, then every message that is there. Who reads so slowly that messages have to go meanwhile misses them.
   */
  events(options?: AfterCursor & { signal?: AbortSignal }): AsyncIterable<InboxEvent>;
  clear(filter?: MessageFilter): void;
}

/** A timer set for longer goes off at once. */
const longestTimerMs = 2 ** 31 - 1;

interface Entry {
  position: number;
  message: InboxMessage;
}

/**
 * Makes an empty inbox. When there are more than `maxMessages`, the oldest go first. `clock` tells milliseconds since 1970. Throws a
 * `ConfigurationError` when `maxMessages` is not a whole number of at least 1.
 */
export function createInbox({
  clock = Date.now,
  maxMessages = 1_000,
}: { clock?: () => number; maxMessages?: number } = {}): Inbox {
  if (!Number.isSafeInteger(maxMessages) || maxMessages < 1) {
    throw new ConfigurationError(['maxMessages must be a whole number of at least 1']);
  }
  const cursors = createCursors(clock);
  const listeners = new Set<(added: InboxMessage | null) => void>();
  /** Oldest first. */
  let entries: Entry[] = [];
  const beginning = cursors.latest();
  // An inbox begins by being cleared: so whoever comes from before a restart is told to start over.
  let cleared = { position: 0, cursor: beginning, to: null as string | null };

  function tell(added: InboxMessage | null): void {
    for (const listener of listeners) listener(added);
  }

  function meant({ to, after }: MessageFilter & AfterCursor): Entry[] {
    const isMeant = matcher(to);
    const position = after === undefined ? -1 : cursors.positionOf(after);
    return entries.filter((entry) => entry.position > position && isMeant(entry.message));
  }

  function changed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        listeners.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      listeners.add(done);
      signal?.addEventListener('abort', done);
    });
  }

  async function* follow(from: number, signal: AbortSignal | undefined): AsyncGenerator<InboxEvent> {
    let position = from;
    let clearedBefore = from;
    while (!signal?.aborted) {
      const { position: clearedAt, cursor, to } = cleared;
      const next = entries.find((entry) => entry.position > position);
      if (clearedAt > clearedBefore) {
        const sawAllElse = position >= clearedAt - 1;
        clearedBefore = clearedAt;
        position = sawAllElse ? clearedAt : -1;
        // Who starts over and leaves before they are told what is there has to start over again.
        yield sawAllElse ? { type: 'cleared', cursor, to } : { type: 'cleared', cursor: beginning, to: null };
      } else if (next) {
        position = next.position;
        yield { type: 'message', cursor: next.message.id, message: next.message };
      } else {
        position = cursors.positionOf(cursors.latest());
        await changed(signal);
      }
    }
  }

  return {
    add({ to, from, body, provider }) {
      const { segmentsCount: segments, encodingName: encoding } = new SegmentedMessage(body);
      const receivedAt = new Date(clock());
      const id = cursors.next();
      const code = extractCode(body);
      const message = {
        id,
        to,
        from,
        body,
        code,
        provider,
        status: 'delivered',
        receivedAt,
        segments,
        encoding,
      } as const;
      entries.push({ position: cursors.positionOf(id), message: Object.freeze(message) });
      if (entries.length > maxMessages) entries.shift();
      tell(message);
      return message;
    },

    list: ({ limit = 100, ...filter } = {}) =>
      meant(filter)
        .toReversed()
        .slice(0, limit)
        .map(({ message }) => message),

    cursor: () => cursors.latest(),

    wait: ({ to, after, timeoutMs = 30_000, signal } = {}) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const there = meant({ to, after }).at(after === undefined ? -1 : 0);
        if (there) {
          resolve(there.message);
          return;
        }
        const isMeant = matcher(to);
        const end = () => {
          clearTimeout(timer);
          listeners.delete(listener);
          signal?.removeEventListener('abort', abort);
        };
        const listener = (added: InboxMessage | null) => {
          if (added === null || !isMeant(added)) return;
          end();
          resolve(added);
        };
        const abort = () => {
          end();
          reject(signal?.reason as Error);
        };
        const timer = setTimeout(
          () => {
            end();
            resolve(null);
          },
          Math.min(timeoutMs, longestTimerMs),
        );
        listeners.add(listener);
        signal?.addEventListener('abort', abort);
      }),

    events: ({ after, signal } = {}) => follow(cursors.positionOf(after ?? cursors.latest()), signal),

    clear({ to } = {}) {
      const isMeant = matcher(to);
      const gone = entries.find(({ message }) => isMeant(message));
      if (!gone) return;
      entries = entries.filter(({ message }) => !isMeant(message));
      const cursor = cursors.next();
      cleared = { position: cursors.positionOf(cursor), cursor, to: to === undefined ? null : gone.message.to };
      tell(null);
    },
  };
}

function matcher(to: string | undefined): (message: InboxMessage) => boolean {
  if (to === undefined) return () => true;
  const digits = digitsOf(to);
  return (message) => digitsOf(message.to) === digits;
}

/** A number's digits, country code first. A plus may have become a space on its way in a query string: it is not needed. */
function digitsOf(number: string): string {
  return number.replace(/\D/g, '').replace(/^00/, '');
}
