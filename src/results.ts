import type { RequestFault } from './errors.ts';
import type { Verification } from './verification.ts';

/** What a refusal always tells: why, as a stable word, and in a sentence for people that is never to be parsed. */
interface Refused<Status extends string> {
  status: Status;
  detail: string;
}

/** The number cannot be what the person meant to type, or the provider says so. */
export type InvalidPhoneNumber = Refused<'invalid_phone_number'>;
/** The policy does not send there, or the person or the provider has blocked it. */
export type DestinationNotAllowed = Refused<'destination_not_allowed'>;
/** A limit on sends refuses. */
export interface RateLimited extends Refused<'rate_limited'> {
  /** `sends`, `sends_daily`, `gap` or `attempts`: the number's own. `address`, `network`, `country`, `tenant` or `service`: shared with other numbers. */
  limit: string;
  max: number;
  windowSeconds: number;
  /** Rounded up: after so many seconds the same call is not refused by this limit. */
  retryAfterSeconds: number;
}
/** The number's wrong checks are spent or it is locked. */
export interface TooManyChecksOfNumber extends Refused<'too_many_checks'> {
  scope: 'number';
  /** `wrong_checks` or `lock`. */
  limit: string;
  max: number;
  windowSeconds: number;
  /** Rounded up: after so many seconds the same call is not refused by this limit. */
  retryAfterSeconds: number;
}
/** This verification's wrong checks are spent. Start a new one. Told only to a caller that gave the id. */
export interface TooManyChecksOfVerification extends Refused<'too_many_checks'> {
  scope: 'verification';
}
/** By number: never sent, used or ended. By id: unknown, or ended too long ago. */
export type VerificationNotFound = Refused<'verification_not_found'>;
/** Only to a caller that gave the id. */
export type VerificationEnded = Refused<
  | 'verification_expired'
  | 'verification_canceled'
  | 'verification_used'
  | 'verification_superseded'
  | 'verification_failed'
>;
export interface IncorrectCode extends Refused<'incorrect_code'> {
  /** The least over all budgets; 0: this was the last one. */
  checksLeft: number;
}
/** What a person typed is no code: not digits, or another number of them than was sent. Nothing was spent. */
export interface InvalidRequest extends Refused<'invalid_request'> {
  errors: RequestFault[];
}

/** The same idempotency key was used for something else, or its answer cannot be read any more. */
export type IdempotencyKeyReused = Refused<'idempotency_key_reused'>;
/** What an idempotency key stands for is still being done. */
export interface RequestInProgress extends Refused<'request_in_progress'> {
  retryAfterSeconds: number;
}

export type StartResult =
  | {
      status: 'pending';
      /** False when a pending verification's code was sent again. */
      created: boolean;
      verification: Verification;
      /** A sentence for the person, never to be parsed. */
      notice: string;
    }
  | InvalidPhoneNumber
  | DestinationNotAllowed
  | RateLimited
  | TooManyChecksOfNumber;

export type CheckResult =
  | { status: 'approved'; verification: Verification; approvedAt: Date }
  | IncorrectCode
  | InvalidRequest
  | InvalidPhoneNumber
  | VerificationNotFound
  | VerificationEnded
  | TooManyChecksOfNumber
  | TooManyChecksOfVerification;

export type CancelResult =
  | { status: 'canceled'; verification: Verification }
  | InvalidPhoneNumber
  | VerificationNotFound
  | VerificationEnded
  | TooManyChecksOfVerification;

export type ApproveResult =
  | { status: 'approved'; verification: Verification; approvedAt: Date }
  | InvalidPhoneNumber
  | VerificationNotFound
  | VerificationEnded
  | TooManyChecksOfVerification;

export type FindResult = { status: 'found'; verification: Verification } | InvalidPhoneNumber | VerificationNotFound;

/** `test`: it is a test number now, and what is told was found out by its fixed code. */
export type LookupResult =
  | { status: 'verified'; to: string; test: boolean; verifiedAt: Date }
  | { status: 'unverified'; to: string; test: boolean }
  | InvalidPhoneNumber;

export type UnlockResult = { status: 'unlocked'; to: string } | InvalidPhoneNumber;
export type EraseResult = { status: 'erased'; to: string } | InvalidPhoneNumber;

/** `known`: of how many messages that it tells of it is known which they are. `receipt_refused`: it is not the vendor's. */
export type ReceiptResult = { status: 'received'; known: number } | { status: 'receipt_refused' };

/** `replayed`: it was done before, and this is what came of it then. */
export type OnceResult<Answer> =
  { status: 'done'; answer: Answer; replayed: boolean } | IdempotencyKeyReused | RequestInProgress;

/** Every word by which a result can refuse. */
export type RefusalStatus = Exclude<
  (
    StartResult | CheckResult | CancelResult | ApproveResult | FindResult | LookupResult | OnceResult<unknown>
  )['status'],
  'pending' | 'approved' | 'canceled' | 'found' | 'verified' | 'unverified' | 'done'
>;
