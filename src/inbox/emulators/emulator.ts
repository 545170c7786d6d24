import type { IncomingMessage } from 'node:http';
import type { Context, Hono } from 'hono';
import type { InboxMessage, NewMessage } from '../messages.ts';

/** Stands in for a vendor: takes its calls, answers as it does, and tells what became of messages as it does. */
export interface Emulator {
  /** The provider's name, and the first part of its paths: `twilio` answers below `/twilio`. */
  readonly vendor: string;
  /** Adds the vendor's own paths to an app that is mounted below `/{vendor}`. */
  mount(app: Hono, carrier: Carrier): void;
}

/** What is behind every emulator: phones, and what goes wrong on the way to them. */
export interface Carrier {
  /**
   * What is to go wrong with this call; null: nothing. Asked once for each message that the vendor would take, before it is answered, and then taken from what was
   * scripted. Has waited already where the fault is a delay.
   */
  faultFor(vendor: string, to: string): Promise<Fault | null>;
  /** Delivers a text to the inbox. */
  deliver(message: NewMessage): InboxMessage;
  /**
   * Tells what becomes of a message, one request for each status, in the background and in their order unless the fault says otherwise. `make` builds the request anew, signature
   * and time included, for each try; nothing is sent where it returns null. Tries again after `retryAfterMs`, one after the other, unless the answer is one of `accepts`: no answer
   * at all never is. To be called before the call of the vendor is answered: begins when it is, but for early receipts. Goes to http and https addresses only, and follows no redirect.
   */
  tell(receipts: ReceiptPlan): void;
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

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
  /** Accepted once and delivered twice, the receipts too: the emulator calls `deliver` twice, and `tell` once. */
  | { readonly kind: 'duplicate' }
  /** Accepted and delivered; the receipts come so much later. */
  | { readonly kind: 'late_receipts'; readonly delayMs: number }
  /** The receipts come before the answer to the call. */
  | { readonly kind: 'early_receipts' };

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
