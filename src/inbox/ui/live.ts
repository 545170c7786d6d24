import { batch } from '@preact/signals';
import { announce } from './announcer.tsx';
import {
  followEvents,
  hasInbox,
  hasService,
  listMessages,
  mostMessages,
  type EventHandlers,
  type InboxMessage,
} from './api.ts';
import { connection, messages, serviceIsThere, shownNumber, unread } from './state.ts';

/** How long arrivals are collected before they are shown together, in milliseconds: a burst of a thousand is a few renderings. */
const collectMs = 50;
const tryAgainAfterMs = 2_000;

/** Shows what the inbox holds and whatever arrives, from now on and over broken connections. Called once. */
export function followInbox(): void {
  /** Oldest first; not shown yet. */
  let arrived: InboxMessage[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the list of this stream is there. */
  let listed = false;
  /** The list is asked for anew when it may be out of date before it comes: only the latest answer counts. */
  let listings = 0;

  const list = (): void => {
    listed = false;
    const asked = ++listings;
    listMessages().then(
      (held) => {
        if (asked !== listings) return;
        listed = true;
        connection.value = 'live';
        take(merged(arrived, held));
        arrived = [];
      },
      () => setTimeout(() => asked === listings && list(), tryAgainAfterMs),
    );
  };

  const handlers: EventHandlers = {
    // The stream is open before the list is asked for, so nothing falls between the two; what is in both has the same id.
    onOpen: list,
    onMessage(message) {
      arrived.push(message);
      timer ??= setTimeout(() => {
        timer = undefined;
        // The list on its way may be older than these: they wait for it.
        if (!listed) return;
        take(merged(arrived, messages.value ?? []));
        arrived = [];
      }, collectMs);
    },
    onCleared(to) {
      const isKept = (message: InboxMessage) => to !== null && message.to !== to;
      arrived = arrived.filter(isKept);
      if (listed) messages.value = (messages.value ?? []).filter(isKept);
      else list();
    },
    onLost() {
      connection.value = 'lost';
    },
    onClosed() {
      connection.value = 'lost';
      const tryAgain = () => setTimeout(() => followEvents(handlers), tryAgainAfterMs);
      hasInbox().then((there) => (there ? tryAgain() : (connection.value = 'absent')), tryAgain);
    },
  };
  followEvents(handlers);
  hasService().then(
    (there) => (serviceIsThere.value = there),
    () => {},
  );
}

/** Arrivals (oldest first) put before a list (newest first), without those that are in it, and no more than an inbox keeps. */
function merged(arrived: readonly InboxMessage[], list: readonly InboxMessage[]): InboxMessage[] {
  const known = new Set(list.map(({ id }) => id));
  return [...arrived.filter(({ id }) => !known.has(id)).toReversed(), ...list].slice(0, mostMessages);
}

function take(next: readonly InboxMessage[]): void {
  const before = messages.value;
  batch(() => {
    messages.value = next;
    if (before === null) return;
    const known = new Set(before.map(({ id }) => id));
    const fresh = next.filter(({ id }) => !known.has(id));
    if (fresh.length === 0) return;
    unread.value = new Set([...unread.value, ...fresh.map(({ to }) => to).filter((to) => to !== shownNumber.value)]);
    announce(fresh.length === 1 ? spoken(fresh[0]!) : `${fresh.length} new texts`);
  });
}

function spoken({ to, body, code }: InboxMessage): string {
  return code === null ? `New text to ${to}: ${body}` : `New text to ${to}, code ${code.split('').join(' ')}`;
}
