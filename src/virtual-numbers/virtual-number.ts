/** What is asked of a provider of virtual numbers. */
export interface WantedNumber {
  /** As the provider names countries: `USA`, `187`, `usa`. The adapter says which; one whose number is fixed ignores it. */
  readonly country: string;
  /** What the provider books the number for, as it names it: `Google`, `go`, `any`. Unset: the adapter's own. */
  readonly service?: string | undefined;
  /** The most that it may cost, in the provider's currency. Ignored by adapters that cannot say so. */
  readonly maxPrice?: number | undefined;
}

/** A number that is ours until it is released or its time is over. */
export interface Lease {
  /** The provider's name. */
  readonly provider: string;
  /** How the provider is asked about it again: the adapter's own, opaque to everyone else. Holds no credential. */
  readonly handle: string;
  /** E.164. */
  readonly number: string;
  /** Milliseconds since the Unix epoch. */
  readonly acquiredAtMs: number;
  /** When it ends by itself, in milliseconds since the Unix epoch; null: not before it is released. */
  readonly expiresAtMs: number | null;
}

/** A text that arrived on a virtual number. */
export interface ReceivedText {
  /** What the provider took for the code; null where it leaves that to us. */
  readonly code: string | null;
  /** The whole text; null where the provider tells the code alone. */
  readonly text: string | null;
  readonly from: string | null;
}

/** What one poll came to. */
export type Poll =
  /** Nothing is there yet. `answer` says in a few words what the provider answered, without any number, text or credential. */
  | { readonly state: 'waiting'; readonly answer: string }
  /** All that arrived during the lease, the newest last. */
  | { readonly state: 'received'; readonly texts: readonly ReceivedText[] }
  /** The lease is over: its time is up, or the provider took the number back. */
  | { readonly state: 'lost'; readonly answer: string };

/** Why a lease is given back: the code came, it did not come, or the number is of no use. */
export type ReleaseReason = 'used' | 'unused' | 'bad';

/** What came of a release: `too_early`: the provider takes numbers back only later, and ends the lease by itself; `unsupported`: it has no such call. */
export type Released = 'released' | 'too_early' | 'unsupported';

export interface VirtualNumberCall {
  readonly signal: AbortSignal;
}

/**
 * Lends numbers on which a test can receive SMS. Every method rejects with a `VirtualNumberError` of one kind: an answer that is not understood is a
 * `protocol` error, never a number and never a code. No error holds a credential, a whole number or a text.
 */
export interface VirtualNumberProvider {
  readonly name: string;
  /** How often it may be called: the least time between two polls of one lease, and how many numbers may be acquired within a minute. */
  readonly pace: { readonly pollMs: number; readonly acquiresPerMinute: number };
  /** Not called again for a number that was acquired: a caller releases every lease it got, whatever happens. */
  acquire(wanted: WantedNumber, call: VirtualNumberCall): Promise<Lease>;
  /** What arrived during the lease, and nothing that arrived before it. */
  poll(lease: Lease, call: VirtualNumberCall): Promise<Poll>;
  /** Gives a number back; again: the same. */
  release(lease: Lease, reason: ReleaseReason, call: VirtualNumberCall): Promise<Released>;
  /** What is left to spend, in the provider's currency. */
  balance?(call: VirtualNumberCall): Promise<number>;
}
