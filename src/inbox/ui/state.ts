import { computed, effect, signal } from '@preact/signals';
import { parseSearch } from '../search.ts';
import type { InboxMessage } from './api.ts';
import { pageIsHidden } from './page-visibility.ts';
import { now } from './relative-time.tsx';

/** The texts of one number. */
export interface Thread {
  to: string;
  /** Oldest first; never empty. */
  messages: readonly InboxMessage[];
  latest: InboxMessage;
}

/** `absent`: there is no inbox on this port, since texts go elsewhere. */
export type Connection = 'connecting' | 'live' | 'lost' | 'absent';

export const connection = signal<Connection>('connecting');
/** Whether the API and its demo are on this port too; true until it is known. */
export const serviceIsThere = signal(true);
/** Newest first; null until the inbox has answered. */
export const messages = signal<readonly InboxMessage[] | null>(null);
/** Numbers with texts that were not looked at yet. */
export const unread = signal<ReadonlySet<string>>(new Set());
/** What the search field holds. */
export const query = signal('');
/** The number that the address names after its `#`. */
const addressed = signal(numberInAddress());

/** What is searched for; null: nothing, all is shown. */
export const search = computed(() => (query.value.trim() === '' ? null : parseSearch(query.value)));
/** The texts that the search leaves, newest first. */
export const foundMessages = computed(() => {
  const all = messages.value ?? [];
  const sought = search.value;
  if (sought === null) return all;
  const nowMs = now.value;
  return all.filter((message) => sought.matches(message, nowMs));
});
/** All threads, the one with the newest text first. */
export const threads = computed(() => threadsOf(messages.value ?? []));
/** The threads that the search leaves, each with the texts that match. */
export const foundThreads = computed(() => (search.value === null ? threads.value : threadsOf(foundMessages.value)));

// Where the address names no number, the first thread that was shown stays: a text for another number must not swap it under the pointer.
const settled = signal<string | null>(null);
effect(() => {
  if (!threads.value.some(({ to }) => to === settled.value)) settled.value = threads.value[0]?.to ?? null;
});

// As in inbox.css.
const narrowScreen = matchMedia('(max-width: 759px)');
const isNarrow = signal(narrowScreen.matches);
narrowScreen.addEventListener('change', ({ matches }) => (isNarrow.value = matches));

/** The number whose thread is shown; null: there is none. A narrow page shows either the list or the thread that the address names. */
export const shownNumber = computed(() => {
  if (isNarrow.value) return addressed.value;
  const wanted = addressed.value ?? settled.value;
  const found = foundThreads.value;
  if (search.value === null || found.some(({ to }) => to === wanted)) return wanted;
  return found[0]?.to ?? wanted;
});
/** The thread that is shown; undefined also for a number that has no texts yet. */
export const shownThread = computed(() => foundThreads.value.find(({ to }) => to === shownNumber.value));
/** Whether the address names the number. */
export const isAddressed = computed(() => addressed.value !== null);
/** The number whose thread stands alone on a narrow page; null: the list is there. */
export const aloneNumber = computed(() => (isNarrow.value ? addressed.value : null));

addEventListener('hashchange', () => (addressed.value = numberInAddress()));
effect(() => {
  const to = shownNumber.value;
  if (to === null || pageIsHidden.value || !unread.value.has(to)) return;
  unread.value = new Set([...unread.value].filter((number) => number !== to));
});

/** The address of a number's thread. */
export function threadAddress(to: string): string {
  return `#${to}`;
}

/** Shows a number's thread. */
export function showNumber(to: string): void {
  history.replaceState(null, '', threadAddress(to));
  addressed.value = to;
}

/** Leaves the thread that the address names, for the list. */
export function showList(): void {
  history.replaceState(null, '', location.pathname + location.search);
  addressed.value = null;
}

function numberInAddress(): string | null {
  return location.hash.slice(1) || null;
}

function threadsOf(newestFirst: readonly InboxMessage[]): Thread[] {
  const byNumber = Map.groupBy(newestFirst, ({ to }) => to);
  return [...byNumber].map(([to, list]) => ({ to, messages: list.toReversed(), latest: list[0]! }));
}
