import { batch, computed, effect, signal } from '@preact/signals';
import { announce } from './announcer.tsx';
import { followEvents, listMessages, type InboxMessage } from './api.ts';
import { matches } from './search.ts';

/** The texts of one number. */
export interface Thread {
  to: string;
  /** Oldest first; never empty. */
  messages: readonly InboxMessage[];
  latest: InboxMessage;
}

export type Connection = 'connecting' | 'live' | 'lost';

/** How long arrivals are collected before they are shown together, in milliseconds: a burst of a thousand is a few renderings. */
const collectMs = 50;

export const connection = signal<Connection>('connecting');
/** Null until the inbox has answered. Newest first. */
export const messages = signal<readonly InboxMessage[] | null>(null);
/** What the search field holds. */
export const query = signal('');
/** The number that the address names after its `#`. */
export const addressed = signal(numberInAddress());
/** Numbers with texts that were not looked at yet. */
export const unread = signal<ReadonlySet<string>>(new Set());

/** All threads, the one with the newest text first. */
export const threads = computed(() => threadsOf(messages.value ?? []));
/** The threads that the search leaves, each with the texts that match. */
export const foundThreads = computed(() => {
  const words = query.value.trim();
  return words === '' ? threads.value : threadsOf((messages.value ?? []).filter((message) => matches(message, words)));
});

// Where the address names no number, the first thread that was shown stays: a text for another number must not swap it under the pointer.
const settled = signal<string | null>(null);
effect(() => {
  const there = threads.value.some(({ to }) => to === settled.value);
  if (!there) settled.value = threads.value[0]?.to ?? null;
});

/** The number whose thread is shown; null: there is none. */
export const shownNumber = computed(() => {
  const wanted = addressed.value ?? settled.value;
  const found = foundThreads.value;
  if (query.value.trim() === '' || found.some(({ to }) => to === wanted)) return wanted;
  return found[0]?.to ?? null;
});
/** The thread that is shown; undefined also for a number that has no texts yet. */
export const shownThread = computed(() => foundThreads.value.find(({ to }) => to === shownNumber.value));

/** Shows a number's thread (null: whichever is newest) by way of the address, so that going back and reloading work. */
export function show(to: string | null): void {
  if (to !== null) location.hash = `#${to}`;
  else {
    history.replaceState(null, '', location.pathname + location.search);
    addressed.value = null;
  }
}

/** Loads what the inbox holds and follows what arrives. Called once. */
export function connect(): void {
  addEventListener('hashchange', () => (addressed.value = numberInAddress()));
  effect(() => markRead(shownNumber.value));
  let arrived: InboxMessage[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  followEvents({
    onOpen() {
      // The stream is open before the list is asked for: nothing can fall between the two, and what is in both has the same id.
      listMessages().then(
        (list) => {
          batch(() => {
            connection.value = 'live';
            messages.value = merged(arrived, list);
          });
          arrived = [];
        },
        () => (connection.value = 'lost'),
      );
    },
    onMessage(message) {
      arrived.push(message);
      timer ??= setTimeout(() => {
        timer = undefined;
        if (messages.value === null) return;
        receive(arrived);
        arrived = [];
      }, collectMs);
    },
    onCleared(to) {
      const kept = (message: InboxMessage) => to !== null && message.to !== to;
      arrived = arrived.filter(kept);
      messages.value = (messages.value ?? []).filter(kept);
    },
    onLost: () => (connection.value = 'lost'),
  });
}

function receive(arrived: readonly InboxMessage[]): void {
  const before = messages.value ?? [];
  const after = merged(arrived, before);
  const fresh = after.slice(0, after.length - before.length);
  if (fresh.length === 0) return;
  batch(() => {
    messages.value = after;
    unread.value = new Set([...unread.value, ...fresh.map(({ to }) => to).filter((to) => to !== shownNumber.value)]);
  });
  announce(fresh.length === 1 ? spoken(fresh[0]!) : `${fresh.length} new texts`);
}

/** Arrivals (oldest first) put before a list (newest first), without those that are in it. */
function merged(arrived: readonly InboxMessage[], list: readonly InboxMessage[]): InboxMessage[] {
  const known = new Set(list.map(({ id }) => id));
  return [...arrived.filter(({ id }) => !known.has(id)).toReversed(), ...list];
}

function markRead(to: string | null): void {
  if (to === null || !unread.value.has(to)) return;
  unread.value = new Set([...unread.value].filter((number) => number !== to));
}

function threadsOf(newestFirst: readonly InboxMessage[]): Thread[] {
  const byNumber = Map.groupBy(newestFirst, ({ to }) => to);
  return [...byNumber].map(([to, list]) => ({ to, messages: list.toReversed(), latest: list[0]! }));
}

function numberInAddress(): string | null {
  return decodeURIComponent(location.hash.slice(1)) || null;
}

function spoken({ to, body, code }: InboxMessage): string {
  return code === null ? `New text to ${to}: ${body}` : `New text to ${to}, code ${[...code].join(' ')}`;
}
