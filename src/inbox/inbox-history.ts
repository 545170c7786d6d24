import type { InboxMessage } from './inbox-message.ts';

/** A message, and the cursor with which followers were told of it last: its id, unless it changed. */
export interface KeptMessage {
  readonly message: InboxMessage;
  readonly cursor: string;
}

/** What an inbox has to know besides its messages so that cursors from before go on to mean what they meant. */
export interface KeptPlaces {
  /** The cursor before everything. */
  readonly beginning: string;
  /** The latest clearing. `to`: a number, or (null) all; `others`: some of any number, so that what is left is told again. */
  readonly cleared: { readonly cursor: string; readonly to: string | null; readonly others: boolean };
  /** The oldest messages went, `through` this one. */
  readonly forgotten: { readonly cursor: string; readonly through: string } | null;
}

/** Keeps what an inbox holds, so that it is there after a restart. Each call is done, and durable, when it returns; it throws when it could not be done. */
export interface InboxHistory {
  /** Called once, before all else. `places` is null where nothing was ever kept. */
  load(): { readonly messages: readonly KeptMessage[]; readonly places: KeptPlaces | null };
  add(kept: KeptMessage): void;
  /** In place of the one with its id. */
  change(kept: KeptMessage): void;
  /** Both at once: messages go, and these are the places from now on. */
  remove(ids: readonly string[], places: KeptPlaces): void;
}
