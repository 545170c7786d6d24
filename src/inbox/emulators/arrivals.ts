import type { Inbox, InboxMessage } from '../messages.ts';

/** Who listens to texts as they arrive. */
export interface Arrivals {
  /** Calls back for each text that arrives from now on, in their order, until what this returns is called. */
  listen(listener: (message: InboxMessage) => void): () => void;
}

/** Follows an inbox from the first listener on, until the signal aborts. */
export function followArrivals(inbox: Pick<Inbox, 'cursor' | 'events'>, signal: AbortSignal): Arrivals {
  const listeners = new Set<(message: InboxMessage) => void>();
  let isFollowing = false;

  async function follow(): Promise<void> {
    let latest = inbox.cursor();
    for await (const event of inbox.events({ after: latest, signal })) {
      // A message is told again when its status changes.
      if (event.type !== 'message' || event.message.id <= latest) continue;
      latest = event.message.id;
      for (const listener of listeners) listener(event.message);
    }
  }

  return {
    listen(listener) {
      listeners.add(listener);
      if (!isFollowing) {
        isFollowing = true;
        void follow();
      }
      return () => void listeners.delete(listener);
    },
  };
}
