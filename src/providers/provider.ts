/** How a text reaches a person. An open set; `sms` is the first. */
export type Channel = 'sms' | (string & {});

/** What a provider is asked to deliver. The only object that holds a code and a number in clear: never log it. */
export interface Message {
  /** E.164. */
  readonly to: string;
  /** The whole text, the code inside. */
  readonly text: string;
  readonly code: string;
  readonly channel: Channel;
  /** BCP 47 tag of the language of `text`. */
  readonly locale: string;
  /** Opaque, unique per delivery: for the vendor's client reference or idempotency key. */
  readonly reference: string;
}

/** The provider took the message. */
export interface Accepted {
  /** The provider's own id of the message. */
  readonly messageId: string;
  /** The name of the provider that took it, where a composition chose one. */
  readonly provider?: string;
}

/** Hands messages to a carrier or gateway. Compositions (fallback, by country) are providers too. */
export interface Provider {
  /** Stands in deliveries, logs and metrics. */
  readonly name: string;
  readonly channels: readonly Channel[];
  /** How long a send may take, in milliseconds; unset: the policy's `sendTimeoutSeconds`. A send that takes longer counts as ambiguous. */
  readonly timeoutMs?: number;
  /**
   * Resolves when the provider has taken the message. Rejects with a `ProviderError`: `ambiguous` or `unknown` when the message may
   * have been taken, any other kind only when it surely was not. Anything else that is thrown counts as ambiguous.
   */
  send(message: Message, options: { signal: AbortSignal }): Promise<Accepted>;
}
