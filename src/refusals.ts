import type { ProviderErrorKind } from './errors.ts';
import { broadMax, isBroadLimit, type BroadLimitName } from './limits.ts';
import type { LineType, PhoneNumber } from './phone-number.ts';
import type { Policy } from './policy.ts';
import type {
  DestinationNotAllowed,
  IdempotencyKeyReused,
  IncorrectCode,
  InvalidPhoneNumber,
  InvalidRequest,
  RateLimited,
  RequestInProgress,
  TooManyChecksOfNumber,
  TooManyChecksOfVerification,
  VerificationEnded,
  VerificationNotFound,
} from './results.ts';
import type { LimitRefusal } from './stores/store.ts';
import type { EndedStatus } from './verification.ts';

/** The sentences that people are told, one place for all of them. */

export const notFound: VerificationNotFound = {
  status: 'verification_not_found',
  detail: 'There is no verification to check. Ask for a new code.',
};

const endings: Record<Exclude<EndedStatus, 'max_checks_reached'>, VerificationEnded> = {
  approved: { status: 'verification_used', detail: 'This code has been used already.' },
  expired: { status: 'verification_expired', detail: 'This code is too old. Ask for a new one.' },
  canceled: { status: 'verification_canceled', detail: 'This verification was canceled. Ask for a new code.' },
  superseded: { status: 'verification_superseded', detail: 'A newer code was sent. Use that one.' },
  failed: { status: 'verification_failed', detail: 'This code could not be sent. Ask for a new one.' },
};

/** How a verification that is not pending answers a caller who knows its id. */
export function endedRefusal(status: EndedStatus): VerificationEnded | TooManyChecksOfVerification {
  return status === 'max_checks_reached'
    ? {
        status: 'too_many_checks',
        scope: 'verification',
        detail: 'There were too many wrong codes. Ask for a new one.',
      }
    : endings[status];
}

/** How a number answers whose wrong checks are spent, or that is locked. */
export function tooManyChecks(refusal: LimitRefusal): TooManyChecksOfNumber {
  return {
    status: 'too_many_checks',
    scope: 'number',
    detail: 'There were too many wrong codes for this number. Try again later.',
    ...limitOf(refusal),
  };
}

/** Nothing that tells of others, but that they are there. */
const broadly: Record<BroadLimitName, string> = {
  address: 'Too many codes were asked for from this network. Try again later.',
  network: 'Too many codes were asked for from this network. Try again later.',
  country: 'No more codes can be sent to numbers of this country for now. Try again later.',
  tenant: 'No more codes can be sent for now. Try again later.',
  service: 'No more codes can be sent for now. Try again later.',
};

/** How a start answers that a limit refuses: the number's own, or one that it shares. */
export function limitRefusal(refusal: LimitRefusal, policy: Policy): RateLimited | TooManyChecksOfNumber {
  const { limit } = refusal;
  if (limit === 'lock' || limit === 'wrong_checks') return tooManyChecks(refusal);
  const told = limitOf(refusal);
  return isBroadLimit(limit)
    ? { status: 'rate_limited', detail: broadly[limit], ...told, max: broadMax(policy, limit) ?? refusal.max }
    : { status: 'rate_limited', detail: 'Too many codes were sent to this number. Try again later.', ...told };
}

function limitOf({ limit, max, windowMs, retryAfterMs }: LimitRefusal) {
  return { limit, max, windowSeconds: Math.ceil(windowMs / 1_000), retryAfterSeconds: Math.ceil(retryAfterMs / 1_000) };
}

const lines: Partial<Record<LineType, string>> = {
  fixed_line: 'This is a landline number, which cannot receive texts. Use a mobile number.',
  premium_rate: 'This is a premium-rate number. Use a mobile number.',
  toll_free: 'This is a toll-free number. Use a mobile number.',
  shared_cost: 'This is a shared-cost number. Use a mobile number.',
  voip: 'This is an internet telephony number. Use a mobile number.',
};

/** Null where the policy sends. */
export function destinationRefusal(number: PhoneNumber, policy: Policy): DestinationNotAllowed | null {
  const { country, lineType } = number;
  if (policy.countries !== '*' && !(country && policy.countries.includes(country))) {
    return { status: 'destination_not_allowed', detail: 'Codes are not sent to numbers of this country.' };
  }
  if (!policy.lineTypes.includes(lineType)) {
    return {
      status: 'destination_not_allowed',
      detail: lines[lineType] ?? 'Codes are not sent to this kind of number. Use a mobile number.',
    };
  }
  return null;
}

/** What a provider's refusal tells the person; null where the reason is not theirs. */
export function providerRefusal(kind: ProviderErrorKind): InvalidPhoneNumber | DestinationNotAllowed | null {
  switch (kind) {
    case 'invalid_number':
      return { status: 'invalid_phone_number', detail: 'This number is not in service. Check it and try again.' };
    case 'not_sms_capable':
      return { status: 'invalid_phone_number', detail: 'This number cannot receive texts. Use a mobile number.' };
    case 'opted_out':
      return { status: 'destination_not_allowed', detail: 'This number has asked not to receive texts from us.' };
    case 'blocked_destination':
      return { status: 'destination_not_allowed', detail: 'Texts to this number are blocked.' };
    default:
      return null;
  }
}

/** A code that is no code, or has another number of digits than was sent. */
export function malformedCode(detail: string): InvalidRequest {
  return { status: 'invalid_request', detail, errors: [{ pointer: '/code', detail }] };
}

/** Compared, and wrong. */
export function incorrectCode(checksLeft: number): IncorrectCode {
  return {
    status: 'incorrect_code',
    detail: checksLeft > 0 ? 'This code is not right.' : 'This code is not right. Ask for a new one.',
    checksLeft,
  };
}

/** The key stands for another request. */
export const keyReused: IdempotencyKeyReused = {
  status: 'idempotency_key_reused',
  detail: 'This idempotency key was used for another request. Use a new one for each.',
};

/** The key stands for this request, but what came of it can no longer be read: doing it again would be the second time. */
export const answerLost: IdempotencyKeyReused = {
  status: 'idempotency_key_reused',
  detail: 'This idempotency key was used before, and its answer cannot be read any more. Use a new one.',
};

/** Asking again soon is right: most requests take far less than a second. */
export const inProgress: RequestInProgress = {
  status: 'request_in_progress',
  detail: 'The first request with this idempotency key is still being answered. Ask again in a moment.',
  retryAfterSeconds: 1,
};
