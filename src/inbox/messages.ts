import { ConfigurationError } from '../errors.ts';
import { extractCode } from '../extract-code.ts';
import { createCursors } from './cursors.ts';
import { createFollowers, type InboxEvent } from './followers.ts';
import type { InboxHistory, KeptPlaces } from './inbox-history.ts';
import type { InboxMessage, NewMessage } from './inbox-message.ts';
import { createMessageLog, digitsOf, type Place } from './message-log.ts';
import { createNumberPool, type NumberPool } from './numbers.ts';
import type { Prices } from './price.ts';
import { parseSearch } from './search.ts';
import { smsLength } from '../sms-length.ts';
import { createWaiters } from './waiters.ts';
import { wireMessage } from './wire.ts';

export type { InboxEvent } from './followers.ts';
export type { ByHand, InboxMessage, NewMessage, RawRequest } from './inbox-message.ts';

/** Which messages are meant: all, when unset. */
export interface MessageFilter {
  /** A number with its country code, spelled as people do: `+1 (202) 555-0143`, `12025550143`, `0012025550143`. */
  to?: string | undefined;
  /** As typed into the search of the page: `from:Acme -is:failed after:10m`, see `parseSearch`. A faulty one throws a `ConfigurationError`. */
  query?: string | undefined;
}

/** Messages later than a cursor: a message's id, or `cursor()`. One of another inbox (from before a restart without a history) hides nothing. */
export interface AfterCursor {
  after?: string | undefined;
}

export interface WaitOptions extends Pick<MessageFilter, 'to'>, AfterCursor {
  /** 30 s when unset; `Infinity` waits for as long as a timer can, 24 days. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Keeps messages, in the order in which they arrived. */
export interface Inbox {
  readonly settings: {
    readonly maxMessages: number;
    readonly keepHours: number | null;
    /** Whether what it holds is there after a restart. */
    readonly history: boolean;
    readonly prices: Prices | null;
  };
  /** The numbers that tests and the rent-a-number emulators take texts on. */
  readonly numbers: NumberPool;
  add(message: NewMessage): InboxMessage;
  /** Undefined for one that is not there (any more). */
  find(id: string): InboxMessage | undefined;
  /** Says what its sender was told became of it. Whoever follows the events is told the message again. False where it is not there. */
  setStatus(id: string, status: InboxMessage['status']): boolean;
  /** Newest first; the newest `limit` (100 when unset) of those that are meant. */
  list(options?: MessageFilter & AfterCursor & { limit?: number }): InboxMessage[];
  /** How many are meant. */
  count(options?: MessageFilter & AfterCursor): number;
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

export interface InboxOptions {
  /** Milliseconds since 1970. */
  clock?: () => number;
  /** When there are more, the oldest go; 5,000 when unset. */
  maxMessages?: number;
  /** When one is older, it goes; unset: none is too old. */
  keepHours?: number | undefined;
  /** Unset: what the inbox holds ends with the process. */
  history?: InboxHistory | undefined;
  /** What texts would cost, for the page; unset: nobody knows. */
  prices?: Prices | undefined;
}

/** Those that are too old go together, this often at most. */
const leastSweepMs = 1_000;
const hourMs = 3_600_000;
/** A timer set for longer goes off at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Makes an inbox, with what its history kept. Throws a `ConfigurationError` that says which option cannot be, and what its history throws. */
export function createInbox({
  clock = Date.now,
  maxMessages = 5_000,
  keepHours,
  history,
  prices,
}: InboxOptions = {}): Inbox {
  const faults = [
    ...(Number.isSafeInteger(maxMessages) && maxMessages >= 1
      ? []
      : ['maxMessages must be a whole number of at least 1']),
    ...(keepHours === undefined || keepHours > 0 ? [] : ['keepHours must be more than 0']),
  ];
  if (faults.length > 0) throw new ConfigurationError(faults);

  const kept = history?.load() ?? { messages: [], places: null };
  const cursors = createCursors(clock, latestOf(kept));
  const { latest } = cursors;
  const numbers = createNumberPool({ clock, cursor: latest });
  const log = createMessageLog();
  const waiters = createWaiters();
  const followers = createFollowers({ log, cursors, places: () => places });
  // An inbox begins by being cleared: so whoever comes from another one is told to start over.
  let places = kept.places ?? {
    beginning: latest(),
    cleared: { cursor: latest(), to: null, others: false },
    forgotten: null,
  };
  let forgetting: NodeJS.Timeout | undefined;

  const placeOf = (cursor: string): Place => ({ cursor, position: cursors.positionOf(cursor) });

  /** From the history first: what cannot be taken from it is still there. */
  function take(gone: readonly InboxMessage[], next: KeptPlaces): void {
    const ids = gone.map(({ id }) => id);
    history?.remove(ids, next);
    places = next;
  }

  /** Lets go of the oldest, where there are too many or they are too old. */
  function forget(): void {
    const oldestMs = keepHours === undefined ? -Infinity : clock() - keepHours * hourMs;
    const gone = log.oldest(({ receivedAt }, held) => held > maxMessages || receivedAt.getTime() <= oldestMs);
    const through = gone.at(-1)?.id;
    if (through !== undefined) {
      const cursor = cursors.next();
      take(gone, { ...places, forgotten: { cursor, through } });
      log.removeOldest(gone.length);
      log.markForgotten(placeOf(cursor));
      followers.tell();
    }
    forgetLater();
  }

  /** What the history does not let go of (its disk is full, say) goes another time: that is no fault of the text which came, nor of the process. */
  function forgetIfPossible(): void {
    try {
      forget();
    } catch {
      forgetLater();
    }
  }

  function forgetLater(): void {
    const oldest = log.first();
    if (keepHours === undefined || forgetting !== undefined || !oldest) return;
    const dueInMs = oldest.receivedAt.getTime() + keepHours * hourMs - clock();
    forgetting = setTimeout(
      () => {
        forgetting = undefined;
        forgetIfPossible();
      },
      Math.min(Math.max(dueInMs, leastSweepMs), longestTimerMs),
    ).unref();
  }

  function meant({ to, after, query }: MessageFilter & AfterCursor): readonly InboxMessage[] {
    const search = query === undefined ? null : parseSearch(query);
    if (search && search.faults.length > 0) throw new ConfigurationError(search.faults);
    const messages = log.list({
      to: to === undefined ? undefined : digitsOf(to),
      after: after === undefined ? -1 : cursors.positionOf(after),
    });
    if (!search) return messages;
    const nowMs = clock();
    return messages.filter((message) => search.matches(wireMessage(message), nowMs));
  }

  if (kept.places === null) history?.remove([], places);
  for (const { message, cursor } of kept.messages) log.add(message, cursors.positionOf(message.id), placeOf(cursor));
  if (places.forgotten) log.markForgotten(placeOf(places.forgotten.cursor));
  forget();

  return {
    settings: { maxMessages, keepHours: keepHours ?? null, history: history !== undefined, prices: prices ?? null },
    numbers,

    add({ to, from, body, provider, request = null, byHand = [] }) {
      const { segments, encoding } = smsLength(body);
      const message: InboxMessage = Object.freeze({
        id: cursors.next(),
        to,
        from,
        body,
        code: extractCode(body),
        provider,
        status: 'delivered',
        receivedAt: new Date(clock()),
        segments,
        encoding,
        run: numbers.find(to)?.run ?? null,
        request,
        byHand,
      });
      const place = placeOf(message.id);
      history?.add({ message, cursor: place.cursor });
      log.add(message, place.position, place);
      waiters.tell(message);
      followers.tell();
      forgetIfPossible();
      return message;
    },

    find: (id) => log.find(id),

    setStatus(id, status) {
      const before = log.find(id);
      if (!before || before.status === status) return before !== undefined;
      const message = Object.freeze({ ...before, status });
      const place = placeOf(cursors.next());
      history?.change({ message, cursor: place.cursor });
      log.change(message, place);
      followers.tell();
      return true;
    },

    list: ({ limit = 100, ...filter } = {}) => meant(filter).slice(-limit).toReversed(),

    count: ({ to, after, query } = {}) =>
      to === undefined && after === undefined && query === undefined ? log.size() : meant({ to, after, query }).length,

    cursor: latest,

    wait: ({ to, after, timeoutMs = 30_000, signal } = {}) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const there = meant({ to, after }).at(after === undefined ? -1 : 0);
        if (there) {
          resolve(there);
          return;
        }
        const end = () => {
          clearTimeout(timer);
          stopWaiting();
          signal?.removeEventListener('abort', abort);
        };
        const stopWaiting = waiters.add(to === undefined ? undefined : digitsOf(to), (message) => {
          end();
          resolve(message);
        });
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
        signal?.addEventListener('abort', abort);
      }),

    events: ({ after, signal } = {}) => followers.follow(cursors.positionOf(after ?? latest()), signal),

    clear({ to, query } = {}) {
      const gone = meant({ to, query });
      const [first] = gone;
      if (!first) return;
      const cursor = cursors.next();
      const others = query !== undefined && gone.length < log.size();
      take(gone, { ...places, cleared: { cursor, to: to === undefined || others ? null : first.to, others } });
      log.remove(gone);
      followers.tell();
    },
  };
}

/** The greatest of all cursors that were kept. */
function latestOf({ messages, places }: ReturnType<InboxHistory['load']>): string | undefined {
  if (places === null) return undefined;
  const { beginning, cleared, forgotten } = places;
  const cursors = [beginning, cleared.cursor, forgotten?.cursor ?? '', ...messages.map(({ cursor }) => cursor)];
  return cursors.reduce((latest, cursor) => (cursor > latest ? cursor : latest));
}
