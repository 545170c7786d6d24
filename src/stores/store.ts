import type { DeliveryStatus, EndedStatus, VerificationStatus } from '../verification.ts';

/** Milliseconds since the Unix epoch. Tests inject one; stores on a server use the server's. */
export type Clock = () => number;

/**
 * The numbers of one call, made from the policy. A store keeps none of its own. Every window is `(now - windowMs, now]`: what
 * happened exactly `windowMs` ago no longer counts. Calls may differ, but not in their longest window: what is older is forgotten.
 */
export interface NumberLimits {
  /** Sends to the number, over all purposes. Each window slides and is exact to the millisecond. */
  readonly sends: readonly { readonly name: string; readonly max: number; readonly windowMs: number }[];
  /** Begins for the number that were not refused, over all purposes, whatever came of their sends: what bounds those that are given back. */
  readonly attempts: { readonly max: number; readonly windowMs: number };
  /** Least time between two sends; 0: none. */
  readonly gapMs: number;
  /** How long a code is good after its latest send. */
  readonly lifetimeMs: number;
  /** No code outlives its verification's creation by more. */
  readonly maxLifetimeMs: number;
  /** A begin repeats the pending code while the verification is younger than or exactly this old. */
  readonly repeatMs: number;
  /** Wrong checks per verification: those of its latest begin count. */
  readonly maxChecks: number;
  /** Wrong checks per number, over all verifications and purposes. */
  readonly wrongChecks: { readonly max: number; readonly windowMs: number };
  /** `after` wrong checks in a row lock the number until `unlock` or until `forMs` after the last of them; fewer are forgotten then too. */
  readonly lock: { readonly after: number; readonly forMs: number };
  /** How many ended ids of a number are kept, and for how long after the end. */
  readonly ended: { readonly max: number; readonly keepMs: number };
  /** How long the number counts as verified; 0 keeps no record of it. That of the verification's latest begin counts. */
  readonly verifiedMs: number;
}

/**
 * A limit that many numbers share: on the sends of one address, to one country, of one tenant, of the whole service. Its window slides in sixtieths: it never lets
 * through more than `max` in any `windowMs`, and a send counts for at most a sixtieth longer.
 */
export interface BroadLimit {
  /** Told when it refuses. */
  readonly name: string;
  /** Keyed hash of whose limit it is, and of its window: 22 characters of base64url. */
  readonly key: string;
  readonly max: number;
  readonly windowMs: number;
}

/** What stands in for a code: never the code. Kept only while the code is good. */
export interface CodeSecret {
  /** Names the key that made digest and seal. */
  readonly keyId: string;
  /** HMAC-SHA-256, 32 bytes. */
  readonly digest: Uint8Array;
  /** The code, sealed, for sending it again. */
  readonly seal: Uint8Array;
  /** Digits in the code. */
  readonly codeLength: number;
}

export interface BeginRequest {
  /** Keyed hash of tenant and number: 22 characters of base64url. Everything about the number hangs on it. */
  readonly subject: string;
  readonly purpose: string;
  /** Stands for the purpose: 8 characters of base64url. What finds the number's verification of that purpose again. */
  readonly purposeTag: string;
  readonly channel: string;
  /** The number, sealed. Kept with the verification, if one is made: a repeat keeps the seal that was made with its code. */
  readonly number: Uint8Array;
  /** Names the new verification, if one is made: 128 random bits, 22 characters of base64url. */
  readonly nonce: string;
  /** Of the new code, if one is needed. */
  readonly secret: CodeSecret;
  /** Ids of the keys whose seals the caller can open. A pending code under another key is never repeated; none given: always a new code. */
  readonly repeatKeyIds: readonly string[];
  readonly limits: NumberLimits;
  /** Each of another key. A begin that is not refused takes one of each. */
  readonly broadLimits: readonly BroadLimit[];
}

/** One verification of a number and a purpose. */
export interface Target {
  readonly subject: string;
  readonly purposeTag: string;
  /** By id: the one of this nonce, if it is of that purpose. Unset: the live one of that purpose. */
  readonly nonce?: string | undefined;
  readonly limits: NumberLimits;
}

export type CheckRequest = Target & {
  /** One digest of the submitted code for each key in use. The store compares the one whose key matches its record. */
  readonly digests: readonly { readonly keyId: string; readonly digest: Uint8Array }[];
  /** Digits in the submitted code. */
  readonly codeLength: number;
};

export interface SettleRequest {
  readonly subject: string;
  readonly purposeTag: string;
  readonly nonce: string;
  /** Which send: counts from 1 in each verification. */
  readonly delivery: number;
  /**
   * What is known of its hand-overs, the first first, at least one, each provider once. The first takes the place of the one that `begin` noted; what is not there yet joins.
   * Of each the higher status stands. A send is rejected while all its hand-overs are.
   */
  readonly handOvers: readonly SettledHandOver[];
}

export interface SettledHandOver {
  readonly provider: string;
  readonly status: Exclude<DeliveryStatus, 'sending'>;
}

/** One hand-over of a text. */
export interface StoredDelivery {
  /** Which send of the verification, from 1: several where a send went on to another provider. */
  delivery: number;
  provider: string | null;
  status: DeliveryStatus;
  atMs: number;
}

/** What a store tells of a verification. A copy: changing it changes nothing. */
export interface StoredVerification {
  nonce: string;
  purpose: string;
  channel: string;
  status: VerificationStatus;
  createdAtMs: number;
  expiresAtMs: number;
  lastSendAtMs: number;
  /** From when on another send to the number is not refused, as things stand; now or earlier: it would not be. */
  nextSendAtMs: number;
  /** null while pending. */
  endedAtMs: number | null;
  sendsLeft: number;
  checksLeft: number;
  deliveries: StoredDelivery[];
  /** The number, sealed. */
  number: Uint8Array;
}

/** One that is not pending any more. */
export interface StoredEndedVerification extends StoredVerification {
  status: EndedStatus;
  endedAtMs: number;
}

/** Which limit refuses, and how long until it no longer does. */
export interface LimitRefusal {
  /** A name from `limits.sends` or of a broad limit, or `attempts`, `gap`, `wrong_checks` or `lock`. */
  limit: string;
  max: number;
  windowMs: number;
  /** Always more than 0. */
  retryAfterMs: number;
}

export type BeginOutcome =
  | { outcome: 'created'; verification: StoredVerification; delivery: number }
  /** The pending code is to be sent again: `secret` is the one it was begun with. */
  | { outcome: 'repeated'; verification: StoredVerification; delivery: number; secret: CodeSecret }
  | ({ outcome: 'refused' } & LimitRefusal);

export type CheckOutcome =
  | { outcome: 'approved'; verification: StoredEndedVerification }
  /** Compared and charged. `verification.checksLeft` 0: nothing more can be checked, because this was its last one or the number's. */
  | { outcome: 'incorrect'; verification: StoredVerification }
  /** Not compared, not charged: the pending code has another number of digits. */
  | { outcome: 'malformed'; codeLength: number }
  /** Not compared, not charged: the number's own budget is spent or it is locked. Where both, what lasts longer. */
  | ({ outcome: 'blocked' } & LimitRefusal)
  /** Only by nonce. */
  | { outcome: 'ended'; status: EndedStatus; verification: StoredEndedVerification }
  /** Also where no digest was given under the key of the pending code: a key that was dropped judges nothing and charges nothing. */
  | { outcome: 'not_found' };

export type EndOutcome =
  | { outcome: 'done'; verification: StoredEndedVerification }
  /** Only by nonce: it had ended otherwise before. */
  | { outcome: 'ended'; status: EndedStatus; verification: StoredEndedVerification }
  | { outcome: 'not_found' };

/** Asks to be the one that does what an idempotency key stands for. */
export interface ClaimRequest {
  /** Keyed hash of whose key it is, what for, and the key itself: 22 characters of base64url. */
  readonly key: string;
  /** Keyed hash of what is asked for: the same key with another one is refused. */
  readonly fingerprint: string;
  /** Names the one that asks: 128 random bits, 22 characters of base64url. */
  readonly token: string;
  /** For how long nobody else may do it, unless it completes sooner. */
  readonly leaseMs: number;
  /** How long key and answer are kept, from the first claim. */
  readonly keepMs: number;
}

export interface CompleteRequest {
  readonly key: string;
  /** The one that claimed. Of any other, or one whose lease was taken over, nothing is written down. */
  readonly token: string;
  /** The answer, sealed; null: nothing came of it, the key is free again. */
  readonly answer: Uint8Array | null;
}

export type ClaimOutcome =
  /** The caller is to do it now, and to complete it. */
  | { outcome: 'claimed' }
  /** Another does it, for so long at most. */
  | { outcome: 'running'; retryAfterMs: number }
  | { outcome: 'completed'; answer: Uint8Array }
  /** The key stands for something else. */
  | { outcome: 'reused' };

/** Takes part in a transaction of the caller's. See `Store.within`. */
export type StoreInTransaction = Pick<Store, 'check' | 'approve'>;

/**
 * Remembers verifications and charges limits. Each verb is one atomic act, linearizable with every other verb on the same number,
 * over all processes that share the store, and done (durably, where the store is durable) when its promise resolves. There is no reading
 * and then writing from outside. A store that cannot act rejects with a `StoreError` and has then either done the whole act or nothing of it.
 *
 * It receives digests and seals, never codes; subjects, never numbers.
 */
export interface Store {
  /** Stands in logs and metrics. */
  readonly name: string;
  /**
   * Keeps the fingerprint of the subject key at the first call. True when it is the one that is kept; with `accept`, keeps the new one instead.
   */
  bindSubjectKey(fingerprint: string, options: { accept: boolean }): Promise<boolean>;
  /**
   * Charges one send and creates a verification (superseding the pending one of that purpose), or counts one more delivery of the pending
   * one, or does nothing and says which limit refuses. Of N racing calls for M free sends exactly M are not refused. A number that is
   * locked or whose wrong checks are spent is refused. Looks at all limits, broad ones too, before it takes from any; a store that cannot do that in one act gives
   * back what it took, so that a crash may leave too little, never too much.
   */
  begin(request: BeginRequest): Promise<BeginOutcome>;
  /**
   * Judges a code. Of any number of concurrent calls at most `maxChecks` wrong ones are compared and exactly one right one is approved. A right
   * code is never refused because of fewer than the limit of wrong ones in flight. An approval drops digest and seal, is not charged, and
   * ends the wrong checks in a row; it does not refill the window. Of several reasons to compare nothing the first counts: not pending, malformed, blocked.
   */
  check(request: CheckRequest): Promise<CheckOutcome>;
  /**
   * Says what became of a delivery; the higher status of `deliveryStatuses` stands, in any order, any number of times. While it stands at `rejected`
   * the send is not charged; a verification all of whose deliveries are rejected has `failed`. Of a verification that is not live any more, and of all
   * but its latest ten deliveries, nothing is written down and nothing given back.
   */
  settle(request: SettleRequest): Promise<void>;
  /** Ends a pending verification. Of one that is canceled already (by purpose: the latest that ended): the same answer. */
  cancel(target: Target): Promise<EndOutcome>;
  /** Approves a pending verification without a code, on the caller's word. Leaves the wrong checks as they are. Of one that is approved already, by a code too: the same answer. */
  approve(target: Target): Promise<EndOutcome>;
  /** By nonce: also for a while after its end. By purpose: the pending one. */
  find(target: Target): Promise<StoredVerification | null>;
  /** When the number was last verified; null when it is not (any more). */
  lookup(subject: string): Promise<{ verifiedAtMs: number } | null>;
  /** Ends the wrong checks in a row. The window stays. */
  unlock(subject: string): Promise<void>;
  /** Forgets everything about the number but its counters, which hold nothing of it and end by themselves: erasing refills nothing. */
  erase(subject: string): Promise<void>;
  /** Of any number of concurrent calls with one key one is told `claimed`, until its lease ends. */
  claim(request: ClaimRequest): Promise<ClaimOutcome>;
  /** Writes down what came of a claim; from then on `claim` tells it, until `keepMs` after the first claim. */
  complete(request: CompleteRequest): Promise<void>;
  /**
   * The verbs that approve, within a transaction that the caller has begun and will commit or roll back. What a check charges is committed at once, on the store's own
   * connection: a rollback undoes the approval, never a charge. Only stores whose database may be the caller's too.
   */
  within?(transaction: unknown): StoreInTransaction;
  /** What endangers the promises and lies outside of the store, such as a server that may forget: sentences for whoever runs it. For start-up; writes nothing. */
  inspect?(): Promise<readonly string[]>;
  /** Drops what has ended, at most `max` numbers, counters and claims together (500 when unset). Resolves with how many it touched: fewer than `max` means it is done. */
  prune(options?: { max?: number }): Promise<number>;
  /** Resolves when the store can act. */
  ping(): Promise<void>;
  /** Finishes what was asked before and releases what the store itself opened. */
  close(): Promise<void>;
}
