import type { VirtualNumberErrorKind } from '../../errors.ts';
import type {
  Poll,
  Released,
  ReleaseReason,
  VirtualNumberProvider,
  WantedNumber,
} from '../../virtual-numbers/virtual-number.ts';
import type { VendorReply } from '../provider-cases/case.ts';
import type { Received } from '../provider-cases/vendor.ts';

/** One of the port's calls. */
export type VirtualNumberAct = 'acquire' | 'poll' | 'release';

/** A text that arrived at the vendor. */
export interface ArrivedText {
  readonly text: string;
  /** What a vendor that tells codes takes for the code. */
  readonly code: string;
  readonly from: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** How things stand at the vendor. */
export interface VendorState {
  /** What it lends, in E.164: one of `numbers`. */
  readonly number: string;
  /** By the clock that the adapter was given. */
  readonly leasedAtMs: number;
  /** All that ever arrived on the number, the oldest first. What came before `leasedAtMs` is no business of the lease: a vendor that keeps it answers with it, too. */
  readonly texts: readonly ArrivedText[];
  /** The vendor took the number back. The cases move the clock on by a minute before they ask. */
  readonly isLost: boolean;
}

/** What a documented answer means to the caller. */
export type AnswerMeaning = VirtualNumberErrorKind | Poll['state'] | Released;

/** An adapter of virtual numbers, and what its vendor says. */
export interface VirtualNumberUnderTest {
  /** Makes the adapter, whose vendor is at this address (`http://127.0.0.1:PORT`), with the credentials below, this clock and this limit for one call. Does nothing else. */
  open(baseUrl: string, options: { clock: () => number; timeoutMs?: number }): VirtualNumberProvider;
  readonly wanted: WantedNumber;
  /** Every credential that it was given, as it was given: none may be in an error, a lease or a poll. */
  readonly credentials: readonly string[];
  /** What the vendor lends in the cases, in E.164; at least two, unless the adapter has but one number. */
  readonly numbers: readonly [string, ...string[]];
  /** Which of the port's calls ask the vendor. `release`: with the reason `unused`. An adapter of a fixed number may need no request to acquire it. */
  readonly asks: readonly VirtualNumberAct[];
  /** Which of the port's calls a request is made for, by its method, path, query and body; null where it belongs to none, as one for a balance. */
  actOf(request: Received): VirtualNumberAct | null;
  /** What the vendor answers to a request when things stand so. */
  answer(request: Received, state: VendorState): VendorReply;
  /** Whether it answers a poll with whole texts; else with codes alone. */
  readonly tellsText: boolean;
  /** Whether it tells who sent a text. */
  readonly tellsSender: boolean;
  /** Whether the vendor can take a number back before its time. */
  readonly canBeLost: boolean;
  /** Set where what the vendor answers to a poll is the text itself, so that words which are in no documentation are one. */
  readonly isBareText?: boolean;
  /** For a vendor that calls us in place of being asked: brings this text to the adapter as the vendor does. `requests`: what the vendor got so far. */
  bring?(text: ArrivedText, requests: readonly Received[]): Promise<void>;
  /** Every answer that the vendor documents, in its own words, and what it means: errors, waiting and lost, and what comes of a release. Those within a 2xx answer too. */
  readonly answers: readonly {
    readonly name: string;
    readonly on: VirtualNumberAct;
    readonly reply: VendorReply;
    readonly is: AnswerMeaning;
    /** How long after the acquire; a minute when unset. */
    readonly afterMs?: number;
    /** Of a release; `unused` when unset. */
    readonly reason?: ReleaseReason;
  }[];
}

/** One promise of the `VirtualNumberProvider` port. */
export interface VirtualNumberCase {
  /** A sentence, unique in the suite. */
  readonly name: string;
  /** Rejects with an `AssertionError` when the adapter does not keep the promise. */
  run(underTest: VirtualNumberUnderTest): Promise<void>;
}
