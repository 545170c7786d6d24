import type { InboxMessage } from './inbox-message.ts';

/** A place in the order in which things happened to an inbox. */
export interface Place {
  readonly position: number;
  readonly cursor: string;
}

/** What followers are told, where it happened last: a message came, or changed; or (null) the oldest ones went. */
export interface Told extends Place {
  readonly message: InboxMessage | null;
}

interface Entry {
  readonly position: number;
  message: InboxMessage;
  told: Told;
}

/** The messages of an inbox, found by id, by number, and in two orders: as they arrived, and as followers are told. */
export interface MessageLog {
  size(): number;
  /** The one that arrived first. */
  first(): InboxMessage | undefined;
  find(id: string): InboxMessage | undefined;
  /** In the order of arrival, those that came after a position. `to`: as `digitsOf` has it. */
  list(options: { to?: string | undefined; after: number }): readonly InboxMessage[];
  /** `position`: of its arrival. */
  add(message: InboxMessage, position: number, told: Place): void;
  /** Puts a message in the place of the one with its id, and last among what is told. */
  change(message: InboxMessage, told: Place): void;
  /** What is told next to someone who was told everything up to a position. */
  nextTold(position: number): Told | undefined;
  /** Has followers told, from this place on, that the oldest ones went; no longer from an earlier one. */
  markForgotten(place: Place): void;
  /** Those that came first, as many as `isMeant` says of. `held`: how many there are from this one on. */
  oldest(isMeant: (message: InboxMessage, held: number) => boolean): readonly InboxMessage[];
  removeOldest(count: number): void;
  remove(messages: readonly InboxMessage[]): void;
}

/** A number's digits, country code first. A plus may have become a space on its way in a query string: it is not needed. */
export function digitsOf(number: string): string {
  return number.replace(/\D/g, '').replace(/^00/, '');
}

/** Makes an empty one. Nothing in it takes longer the more messages there are, but for what has to look at all of them. */
export function createMessageLog(): MessageLog {
  const byId = new Map<string, Entry>();
  const byNumber = new Map<string, Entry[]>();
  let arrived: Entry[] = [];
  let told: Told[] = [];
  let forgotten: Told | null = null;

  function untell(place: Place): void {
    told.splice(indexAfter(told, place.position) - 1, 1);
  }

  function tell(what: Told): void {
    told.splice(indexAfter(told, what.position), 0, what);
  }

  return {
    size: () => arrived.length,
    first: () => arrived[0]?.message,
    find: (id) => byId.get(id)?.message,
    list({ to, after }) {
      const entries = to === undefined ? arrived : (byNumber.get(to) ?? []);
      return entries.slice(indexAfter(entries, after)).map(({ message }) => message);
    },
    add(message, position, place) {
      const entry = { position, message, told: { ...place, message } };
      const digits = digitsOf(message.to);
      const ofNumber = byNumber.get(digits);
      if (ofNumber) ofNumber.push(entry);
      else byNumber.set(digits, [entry]);
      byId.set(message.id, entry);
      arrived.push(entry);
      tell(entry.told);
    },
    change(message, place) {
      const entry = byId.get(message.id);
      if (!entry) return;
      untell(entry.told);
      entry.message = message;
      entry.told = { ...place, message };
      tell(entry.told);
    },
    nextTold: (position) => told[indexAfter(told, position)],
    markForgotten(place) {
      if (forgotten) untell(forgotten);
      forgotten = { ...place, message: null };
      tell(forgotten);
    },
    oldest(isMeant) {
      const other = arrived.findIndex(({ message }, index) => !isMeant(message, arrived.length - index));
      return arrived.slice(0, other < 0 ? arrived.length : other).map(({ message }) => message);
    },
    removeOldest(count) {
      for (const { message, told: place } of arrived.splice(0, count)) {
        byId.delete(message.id);
        const digits = digitsOf(message.to);
        const ofNumber = byNumber.get(digits);
        // Of its number, too, it was the first.
        ofNumber?.shift();
        if (ofNumber?.length === 0) byNumber.delete(digits);
        untell(place);
      }
    },
    remove(messages) {
      for (const { id } of messages) byId.delete(id);
      const stays = ({ message }: Entry): boolean => byId.has(message.id);
      arrived = arrived.filter(stays);
      told = told.filter(({ message }) => message === null || byId.has(message.id));
      for (const digits of new Set(messages.map(({ to }) => digitsOf(to)))) {
        const left = byNumber.get(digits)?.filter(stays) ?? [];
        if (left.length > 0) byNumber.set(digits, left);
        else byNumber.delete(digits);
      }
    },
  };
}

/** Where the first is that stands after a position, among those that are in order. */
function indexAfter(places: readonly { readonly position: number }[], position: number): number {
  let from = 0;
  let to = places.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (places[middle]!.position > position) to = middle;
    else from = middle + 1;
  }
  return from;
}
