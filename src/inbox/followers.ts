import type { Cursors } from './cursors.ts';
import type { KeptPlaces } from './inbox-history.ts';
import type { InboxMessage } from './inbox-message.ts';
import type { MessageLog, Place } from './message-log.ts';

/** What happens to an inbox. Going on `after` the cursor misses nothing, and repeats nothing unless it starts over. A message is told when it came, and again when it changed. */
export type InboxEvent = { readonly cursor: string } & (
  | { readonly type: 'message'; readonly message: InboxMessage }
  /** The messages of a number, or (null) all, are gone. What is told after it is there. */
  | { readonly type: 'cleared'; readonly to: string | null }
  /** The oldest are gone, up to and with the one of this id: there were too many, or they were too old. */
  | { readonly type: 'forgotten'; readonly through: string }
);

/** Those who follow what happens to an inbox. */
export interface Followers {
  /** Something happened: has everyone who waits look. */
  tell(): void;
  /** What happens after a position, until the signal aborts. See `Inbox.events`. */
  follow(from: number, signal: AbortSignal | undefined): AsyncIterable<InboxEvent>;
}

/** Nobody follows yet. What they are told is read from the log when they ask for it: nothing is kept for each of them. */
export function createFollowers({
  log,
  cursors,
  places,
}: {
  log: Pick<MessageLog, 'nextTold'>;
  cursors: Pick<Cursors, 'latest' | 'positionOf'>;
  places: () => KeptPlaces;
}): Followers {
  const waiting = new Set<() => void>();

  function changed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      waiting.add(done);
      signal?.addEventListener('abort', done);
    });
  }

  async function* follow(from: number, signal: AbortSignal | undefined): AsyncGenerator<InboxEvent> {
    let position = from;
    let clearedBefore = from;
    while (!signal?.aborted) {
      const { beginning, forgotten } = places();
      const { cursor: clearing, to, others } = places().cleared;
      const cleared = { cursor: clearing, position: cursors.positionOf(clearing) };
      const isThereSinceBefore = (told: Place | undefined) => told !== undefined && told.position < cleared.position;
      const next = log.nextTold(position);
      if (cleared.position > clearedBefore) {
        const startsOver = others || position < cleared.position - 1;
        const goesOn = !startsOver || !isThereSinceBefore(log.nextTold(-1));
        clearedBefore = cleared.position;
        position = goesOn ? cleared.position : -1;
        // Who starts over and leaves before they are told what is there has to start over again.
        yield { type: 'cleared', cursor: goesOn ? cleared.cursor : beginning, to: startsOver ? null : to };
      } else if (next) {
        let { cursor } = next;
        position = next.position;
        if (isThereSinceBefore(next)) {
          // Until they were told all of it.
          cursor = isThereSinceBefore(log.nextTold(position)) ? beginning : cleared.cursor;
        }
        if (next.message) yield { type: 'message', cursor, message: next.message };
        else yield { type: 'forgotten', cursor, through: forgotten!.through };
      } else {
        position = cursors.positionOf(cursors.latest());
        await changed(signal);
      }
    }
  }

  return {
    tell() {
      for (const wake of waiting) wake();
    },
    follow,
  };
}
