import { batch } from '@preact/signals';
import { announce } from './announcer.tsx';
import { followEvents, hasInbox, hasService, listMessages, type EventHandlers, type InboxMessage } from './api.ts';
import { info, loadInfo } from './info.ts';
import { pageIsHidden } from './page-visibility.ts';
import { connection, messages, serviceIsThere, shownNumber, unread } from './state.ts';

/** How long arrivals are collected before they are shown together, in milliseconds: a burst of a thousand is a few renderings. */
const collectMs = 50;
const tryAgainAfterMs = 2_000;
/** Of an inbox that does not say how many texts it keeps. */
const usuallyKept = 1_000;
/** As many as an inbox lists at once. */
const mostListed = 5_000;

/** Shows what the inbox holds and whatever arrives, from now on and over broken connections. `onArrivals` is told what is new, newest first. Called once. */
export function followInbox(onArrivals: (fresh: readonly InboxMessage[]) => void = () => undefined): void {
  /** Oldest first; not shown yet. */
  let arrived: InboxMessage[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the list of this stream is there. */
  let listed = false;
  /** The list is asked for anew when it may be out of date before it comes: only the latest answer counts. */
  let listings = 0;
  const known = loadInfo();

  const list = (): void => {
    listed = false;
    const asked = ++listings;
    known
      .then(() => listMessages(mostKept()))
      .then(
        (held) => {
          if (asked !== listings) return;
          listed = true;
          connection.value = 'live';
          take(merged(arrived, held), onArrivals);
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
        take(merged(arrived, messages.value ?? []), onArrivals);
        arrived = [];
      }, collectMs);
    },
    onCleared(to) {
      const isKept = (message: InboxMessage) => to !== null && message.to !== to;
      arrived = arrived.filter(isKept);
      // Of all texts some may be left, which are told one by one: the list has them at once, and nothing flickers.
      if (listed && to !== null) messages.value = (messages.value ?? []).filter(isKept);
      else list();
    },
    onForgotten(through) {
      // The ids of one inbox sort as text.
      const isKept = ({ id }: InboxMessage) => id > through;
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

function mostKept(): number {
  return Math.min(info.peek()?.max_messages ?? usuallyKept, mostListed);
}

/** What was told (oldest first) put into a list (newest first): in place of what is in it already, else before it; no more than an inbox keeps. */
function merged(told: readonly InboxMessage[], list: readonly InboxMessage[]): InboxMessage[] {
  const latest = new Map(told.map((message) => [message.id, message]));
  const updated = list.map((message) => {
    const changed = latest.get(message.id);
    latest.delete(message.id);
    return changed ?? message;
  });
  return [...[...latest.values()].toReversed(), ...updated].slice(0, mostKept());
}

function take(next: readonly InboxMessage[], onArrivals: (fresh: readonly InboxMessage[]) => void): void {
  const before = messages.value;
  batch(() => {
    messages.value = next;
    if (before === null) return;
    const known = new Set(before.map(({ id }) => id));
    const fresh = next.filter(({ id }) => !known.has(id));
    if (fresh.length === 0) return;
    const unseen = fresh.map(({ to }) => to).filter((to) => to !== shownNumber.value || pageIsHidden.value);
    unread.value = new Set([...unread.value, ...unseen]);
    announce(fresh.length === 1 ? spoken(fresh[0]!) : `${fresh.length} new texts`);
    onArrivals(fresh);
  });
}

function spoken({ to, body, code }: InboxMessage): string {
  return code === null ? `New text to ${to}: ${body}` : `New text to ${to}, code ${code.split('').join(' ')}`;
}
