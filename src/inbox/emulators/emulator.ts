import type { IncomingMessage } from 'node:http';
import type { Context, Hono } from 'hono';
import type { Inbox, InboxMessage, NewMessage } from '../messages.ts';

/** Stands in for a vendor: takes its calls, answers as it does, and tells what became of messages as it does. */
export interface Emulator {
  /** The provider's name, and the first part of its paths: `twilio` answers below `/twilio`. */
  readonly vendor: string;
  /** Paths of its own that it also answers at the root of the port, in place of the vendor's host name: `/user/get_number.php`. */
  readonly rootPaths?: readonly string[];
  /** Adds the vendor's own paths to an app that is mounted below `/{vendor}`. */
  mount(app: Hono, carrier: Carrier): void;
}

/** What is behind every emulator: phones, and what goes wrong on the way to them. */
export interface Carrier {
  /**
   * What is to go wrong with this call; null: nothing. Asked once for each message that the vendor would take, before it is answered, and then taken from what was
   * scripted. Has waited already where the fault is a delay. `named`: only what was scripted for this very vendor counts.
   */
  faultFor(vendor: string, to: string, options?: { readonly named?: boolean }): Promise<Fault | null>;
  /**
   * Carries a text that the vendor took: to the inbox or, as its fault says, twice, later or never; then has its sender told what became of it. To be called before the call of
   * the vendor is answered: the request of that call is kept with the text.
   */
  carry(taken: TakenText): void;
  /**
   * Tells of one thing in the background, one request for each status, in their order. `make` builds the request anew, signature and time included, for each try; nothing is sent
   * where it returns null. Tries again after `retryAfterMs`, one after the other, unless the answer is one of `accepts`: no answer at all never is. Within the call of a vendor it
   * begins when that is answered, unless the fault says otherwise. Goes to http and https addresses only, and follows no redirect.
   */
  tell(receipts: ReceiptPlan): void;
  /** Has each text that arrives in the inbox from now on listened to, by whomever it was sent, in their order. */
  onArrival(listen: (message: InboxMessage) => void): void;
  /** Where texts arrive: for vendors that tell of texts to numbers, and lend numbers. */
  readonly inbox: Pick<Inbox, 'cursor' | 'find' | 'list' | 'numbers'>;
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/** A text that a vendor took, and what the vendor does about it. */
export interface TakenText {
  readonly text: NewMessage;
  readonly fault: Fault | null;
  /** Set: texts to this number never arrive, for this reason, in the vendor's own code. */
  readonly failure?: string | null;
  /** Called when it is known what became of the text, and again when someone at the inbox says otherwise: before its sender is told. */
  became?(end: End): void;
  /** What its sender is told then; or a sentence that says why nobody is. Sends nothing by itself. */
  receipts(end: End): readonly Receipts[] | string;
  /** How its sender is told that the person replied; or a sentence that says why nobody is. Sends nothing by itself. */
  reply(body: string): readonly Receipts[] | string;
}

/** What became of a text. */
export interface End {
  readonly status: 'delivered' | 'failed';
  /** Of a failure, in the vendor's own words; undefined: what it usually is. */
  readonly code: string | undefined;
  /** What arrived; null: nothing. */
  readonly message: InboxMessage | null;
  /** Its sender was told another end already, so nothing on the way to this one is told again. */
  readonly isAnother: boolean;
}

export type Receipts = Omit<ReceiptPlan, 'fault'>;

export interface ReceiptPlan {
  readonly statuses: readonly string[];
  make(status: string): Request | null | Promise<Request | null>;
  readonly retryAfterMs: readonly number[];
  accepts(status: number): boolean;
  readonly fault: Fault | null;
}

/** What goes wrong with a message. */
export type Fault =
  /** Refused with 429 and a `Retry-After` of so many seconds. */
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds: number }
  /** Refused with this status of 500 and more. */
  | { readonly kind: 'server_error'; readonly status: number }
  /** The connection is broken before anything is taken. */
  | { readonly kind: 'cut_before' }
  /** The message is taken and delivered, and the connection broken before the answer. */
  | { readonly kind: 'cut_after' }
  /** Accepted, and never delivered; no receipt. */
  | { readonly kind: 'dropped' }
  /** Accepted, not delivered, and a receipt says so: the vendor's own code, or what it usually is. */
  | { readonly kind: 'undelivered'; readonly code: string | undefined }
  /** Refused with the vendor's own code; within a 2xx answer where the vendor does that. */
  | { readonly kind: 'refused'; readonly code: string | undefined }
  /** Accepted once and delivered twice, the receipts too. */
  | { readonly kind: 'duplicate' }
  /** Accepted and delivered; the receipts come so much later. */
  | { readonly kind: 'late_receipts'; readonly delayMs: number }
  /** The receipts come before the answer to the call. */
  | { readonly kind: 'early_receipts' }
  /** Accepted, and kept from arriving until someone at the inbox lets it go; the receipts come then. */
  | { readonly kind: 'hold' }
  /** Accepted, and delivered after the next text to the same number, its receipts too; when none comes, after 10 s. */
  | { readonly kind: 'reorder' };

/**
 * Breaks the connection of a call, as a network does: whatever the handler returns then reaches nobody. Return what this returns. Where there is no connection to
 * break, since the app was called as a function, the answer is a 500 that says so.
 */
export function breakOff(c: Context): Response {
  const { incoming } = (c.env ?? {}) as { incoming?: IncomingMessage };
  if (!incoming)
    return c.text('This connection was to be broken, but there is none: call the emulator over HTTP.', 500);
  incoming.socket.destroy();
  return c.body(null, 500);
}
