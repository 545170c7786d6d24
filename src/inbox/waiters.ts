import type { InboxMessage } from './inbox-message.ts';
import { digitsOf } from './message-log.ts';

type Listener = (message: InboxMessage) => void;

/** Those who wait for the next message: of one number, or of any. */
export interface Waiters {
  /** Until the function that it returns is called. `to`: as `digitsOf` has it. */
  add(to: string | undefined, listener: Listener): () => void;
  /** Tells those who wait for it, and looks at no others. */
  tell(message: InboxMessage): void;
}

/** Nobody waits yet. */
export function createWaiters(): Waiters {
  const byNumber = new Map<string | undefined, Set<Listener>>();
  return {
    add(to, listener) {
      const listeners = byNumber.get(to) ?? new Set();
      byNumber.set(to, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && byNumber.get(to) === listeners) byNumber.delete(to);
      };
    },
    tell(message) {
      for (const listeners of [byNumber.get(digitsOf(message.to)), byNumber.get(undefined)]) {
        for (const listener of listeners ?? []) listener(message);
      }
    },
  };
}
