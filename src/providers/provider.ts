import type { HandOver, ProviderErrorKind } from '../hand-over.ts';
import type { DeliveryStatus } from '../verification.ts';

export type { HandOver };

/** How a text reaches a person. An open set; `sms` is the first. */
export type Channel = 'sms' | (string & {});

/** What a provider is asked to deliver. The only object that holds a code and a number in clear: never log it. */
export interface Message {
  /** E.164. */
  readonly to: string;
  /** ISO 3166-1 alpha-2; null where the number is of no country. */
  readonly country: string | null;
  /** The whole text, the code inside. */
  readonly text: string;
  readonly code: string;
  readonly channel: Channel;
  /** BCP 47 tag of the language of `text`. */
  readonly locale: string;
  /** Where `text` is one that is registered with a carrier's registry (India: DLT): what it is called there, and what stands in it now. Holds the code. Unset: it is not. */
  readonly template?: RegisteredText;
  /** For how long the code is good, in whole seconds: a text that arrives later is of no use, and need not be delivered. */
  readonly lifetimeSeconds: number;
  /** Opaque, unique per send, the same at each provider that a composition tries: for the vendor's client reference or idempotency key. 60 to 140 characters of `A-Za-z0-9._~-`. */
  readonly reference: string;
  /** Where the vendor behind a provider of that name may tell what became of this message; the reference stands in it. Null: nowhere. */
  receiptUrl(provider: string): string | null;
  /** What became of the texts of this verification before this one, the oldest first: so that what did not deliver is not tried first again. */
  readonly earlier: readonly EarlierDelivery[];
}

/** A text that is registered, as the vendor wants it named. */
export interface RegisteredText {
  /** The sender (the principal entity), and the text. */
  readonly entityId: string | null;
  readonly templateId: string | null;
  /** In the order in which they stand in the text, each under the type that it is registered with: `numeric`, `alphanumeric`. */
  readonly variables: readonly { readonly name: string; readonly type: string; readonly value: string }[];
}

/** One hand-over of an earlier text. */
export interface EarlierDelivery {
  readonly provider: string | null;
  readonly status: DeliveryStatus;
  /** Milliseconds since it began. */
  readonly ageMs: number;
}

/** The provider took the message. */
export interface Accepted {
  /** The provider's own id of the message. */
  readonly messageId: string;
  /** The name of the provider that took it, where a composition chose one. */
  readonly provider?: string;
  /** What came of those that a composition asked before it, the first first. */
  readonly before?: readonly HandOver[];
}

/** A request by which a vendor tells what became of messages, as it came in. */
export interface ReceiptRequest {
  readonly method: string;
  /** The address that the vendor called, as the vendor knows it: what signatures are made over. */
  readonly url: string;
  readonly headers: Headers;
  /** The very bytes. */
  readonly body: Uint8Array;
  /** When it came: milliseconds since the Unix epoch. */
  readonly nowMs: number;
}

/** What a vendor says of one message. A claim about delivery: it never proves anything about the person. */
export interface Receipt {
  /** The provider's own id of the message, as its `send` resolved with. */
  readonly messageId: string;
  /** The reference that went out with the message, where the vendor returns it in what it signs; else null. */
  readonly reference: string | null;
  readonly status: 'sent' | 'delivered' | 'failed';
  /** Why it failed, as far as the vendor says; else null. */
  readonly errorKind: ProviderErrorKind | null;
}

/** Hands messages to a carrier or gateway. Compositions (fallback, by country) are providers too. */
export interface Provider {
  /** Stands in deliveries, logs, metrics and the addresses of receipts: `[a-z0-9-]`, at most 32. */
  readonly name: string;
  readonly channels: readonly Channel[];
  /** How long a send may take, in milliseconds; unset: the policy's `sendTimeoutSeconds`. A send that takes longer counts as ambiguous. */
  readonly timeoutMs?: number;
  /** Those that a composition chooses among. */
  readonly providers?: readonly Provider[];
  /**
   * Resolves when the provider has taken the message. Rejects with a `ProviderError`: `ambiguous` or `unknown` when the message may
   * have been taken, any other kind only when it surely was not. Anything else that is thrown counts as ambiguous.
   */
  send(message: Message, options: { signal: AbortSignal }): Promise<Accepted>;
  /** False: its receipts return neither the reference nor an address of ours, so that message ids are remembered, for 72 hours. */
  readonly returnsReference?: boolean;
  /**
   * Checks a vendor's signature in constant time, with a replay window where the vendor signs a time, and reads what it tells: one entry for each message that it
   * tells something new of, none for what it merely mentions. Rejects with a `ReceiptError` for what is not the vendor's, or cannot be read.
   */
  receipts?(request: ReceiptRequest): Promise<readonly Receipt[]>;
}
