import { DeliveryError, InvalidRequestError, StoreError, type ErrorCode } from '../errors.ts';
import type {
  CancelResult,
  CheckResult,
  FindResult,
  LookupResult,
  OnceResult,
  RateLimited,
  RefusalStatus,
  StartResult,
  TooManyChecksOfNumber,
} from '../results.ts';

/** What a row of the problem table tells. */
interface ProblemRow {
  readonly status: number;
  readonly title: string;
  /** When this is the answer, for those who read the reference. */
  readonly when: string;
  /** A sentence for people: what is said where nothing more fitting is known. */
  readonly detail: string;
}

/** Codes that a verifier's results and errors bring to the wire. The others are the handler's own. */
type VerifierCode =
  | RefusalStatus
  | Exclude<
      ErrorCode,
      'invalid_configuration' | 'subject_key_changed' | 'provider_error' | 'virtual_number_error' | 'code_not_received'
    >;

/** Every problem code with its HTTP status: the only place that picks one. */
export const problems = {
  invalid_request: {
    status: 400,
    title: 'Invalid request',
    when: 'The body, a field or a type is wrong. `errors` names each place. Nothing was spent.',
    detail: 'The request is not what this call takes: see errors.',
  },
  unauthorized: {
    status: 401,
    title: 'Unauthorized',
    when: 'There is no API key, or a wrong one.',
    detail: 'Send a valid API key as Authorization: Bearer <key>.',
  },
  destination_not_allowed: {
    status: 403,
    title: 'Destination not allowed',
    when: 'The policy does not send to this country or kind of line, or the person has opted out.',
    detail: 'Codes cannot be sent to this number.',
  },
  receipt_refused: {
    status: 403,
    title: 'Receipt refused',
    when: "What came as a delivery receipt is not the vendor's: the address or the signature is wrong, it is too old, or it cannot be read.",
    detail: 'This is not a receipt of a vendor that is known here.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    when: 'There is no such path.',
    detail: 'There is nothing at this path.',
  },
  verification_not_found: {
    status: 404,
    title: 'Verification not found',
    when: 'By number: never sent, used or ended, one answer for all. By id: unknown, or ended more than 24 hours ago.',
    detail: 'There is no verification to check. Ask for a new code.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    when: 'The path exists, but not with this method. `Allow` lists those it has.',
    detail: 'This path does not take this method.',
  },
  request_in_progress: {
    status: 409,
    title: 'Request in progress',
    when: 'The first request with this `Idempotency-Key` is still being answered. The same request again, a moment later, gets its answer.',
    detail: 'The first request with this idempotency key is still being answered. Ask again in a moment.',
  },
  verification_expired: {
    status: 410,
    title: 'Verification expired',
    when: 'Its time ran out. Told only to a caller that gives the id, like the four below.',
    detail: 'This code is too old. Ask for a new one.',
  },
  verification_canceled: {
    status: 410,
    title: 'Verification canceled',
    when: 'It was canceled.',
    detail: 'This verification was canceled. Ask for a new code.',
  },
  verification_used: {
    status: 410,
    title: 'Verification used',
    when: 'It was approved before. A code counts once.',
    detail: 'This code has been used already.',
  },
  verification_superseded: {
    status: 410,
    title: 'Verification superseded',
    when: 'A newer verification of the same number and purpose took its place.',
    detail: 'A newer code was sent. Use that one.',
  },
  verification_failed: {
    status: 410,
    title: 'Verification failed',
    when: 'Its text could not be sent, so that there is no code to check.',
    detail: 'This code could not be sent. Ask for a new one.',
  },
  payload_too_large: {
    status: 413,
    title: 'Payload too large',
    when: 'The body is larger than 16 KiB; that of a delivery receipt, than 64 KiB.',
    detail: 'Send at most 16 KiB.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    when: 'The body is not `application/json` in UTF-8, or it is compressed.',
    detail: 'Send JSON in UTF-8, uncompressed, as Content-Type: application/json.',
  },
  invalid_phone_number: {
    status: 422,
    title: 'Invalid phone number',
    when: 'The number cannot be what the person meant to type, or the provider says so. `detail` can be shown to them.',
    detail: 'This number is too short.',
  },
  incorrect_code: {
    status: 422,
    title: 'Incorrect code',
    when: 'The code is wrong. `checks_left` counts down; 0 was the last one.',
    detail: 'That code is not right.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'Idempotency key reused',
    when: 'This `Idempotency-Key` was used in the last 24 hours with another body, or its answer cannot be read any more. Nothing was done.',
    detail: 'This idempotency key was used for another request. Use a new one for each.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    when: 'A limit on sends refuses. `limit` names it, `Retry-After` says in how many seconds it no longer does.',
    detail: 'Too many codes were sent to this number. Try again later.',
  },
  too_many_checks: {
    status: 429,
    title: 'Too many checks',
    when: 'Too many wrong codes. `scope` is `verification` (start a new one) or `number` (its limit is spent or it is locked; `Retry-After` says for how long).',
    detail: 'There were too many wrong codes for this number. Try again later.',
  },
  internal_error: {
    status: 500,
    title: 'Internal error',
    when: 'The fault is on our side. The log tells more, under `request_id`.',
    detail: 'Something went wrong on our side.',
  },
  delivery_failed: {
    status: 502,
    title: 'Delivery failed',
    when: "The provider refused the text, for a reason that is neither yours nor the number's.",
    detail: 'The text could not be sent.',
  },
  store_unavailable: {
    status: 503,
    title: 'Store unavailable',
    when: 'The store does not answer. Nothing was sent, nothing was approved.',
    detail: 'Nothing was sent and nothing was approved. Try again.',
  },
  provider_unavailable: {
    status: 503,
    title: 'Provider unavailable',
    when: 'No provider takes texts right now.',
    detail: 'No text can be sent right now. Try again.',
  },
  not_ready: {
    status: 503,
    title: 'Not ready',
    when: 'The store is not reachable, or the service is about to end.',
    detail: 'No calls can be taken now. Try again.',
  },
} as const satisfies Record<VerifierCode, ProblemRow> & Record<string, ProblemRow>;

/** Every `code` that a problem can bear. */
export type ProblemCode = keyof typeof problems;

/** A problem before it is written down: status and title follow from its code. */
export interface Problem {
  readonly code: ProblemCode;
  /** A sentence for people, never to be parsed; unset: what the table says. */
  readonly detail?: string;
  /** What this code tells besides, in the words of the wire. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Carries a problem out of a call. `cause` is what is broken, if anything is. */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.code, options);
    this.problem = problem;
  }
}

/** A result by which a verifier refuses. */
export type Refusal = Extract<
  StartResult | CheckResult | CancelResult | FindResult | LookupResult | OnceResult<unknown>,
  { status: RefusalStatus }
>;

/** Makes the problem of a refusal. */
export function refusalProblem(refusal: Refusal): Problem {
  const { status: code, detail } = refusal;
  switch (refusal.status) {
    case 'invalid_request':
      return { code, detail, members: { errors: refusal.errors } };
    case 'incorrect_code':
      return { code, detail, members: { checks_left: refusal.checksLeft } };
    case 'rate_limited':
      return { code, detail, members: { limit: refusal.limit }, headers: limitHeaders(refusal) };
    case 'too_many_checks':
      return {
        code,
        detail,
        members: { scope: refusal.scope },
        headers: refusal.scope === 'number' ? limitHeaders(refusal) : {},
      };
    case 'request_in_progress':
      return { code, detail, headers: retryAfter(refusal.retryAfterSeconds) };
    default:
      return { code, detail };
  }
}

const storeRetrySeconds = 5;
const providerRetrySeconds = 30;

/** Makes the problem of whatever was thrown. Of an error's own text nothing gets out, but the faults of a request. */
export function thrownProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof InvalidRequestError) return { code: error.code, members: { errors: error.errors } };
  if (error instanceof StoreError) return { code: error.code, headers: retryAfter(storeRetrySeconds) };
  if (error instanceof DeliveryError) {
    const { code, verificationId: id } = error;
    const seconds = error.retryAfterSeconds ?? (code === 'provider_unavailable' ? providerRetrySeconds : undefined);
    return { code, members: { id }, headers: seconds === undefined ? {} : retryAfter(seconds) };
  }
  return { code: 'internal_error' };
}

/** Of a limit that is used up, beside `Retry-After`: draft-ietf-httpapi-ratelimit-headers (RFC 9651 lists). Names of limits are words: nothing to escape. */
function limitHeaders({ limit, max, windowSeconds, retryAfterSeconds }: RateLimited | TooManyChecksOfNumber) {
  return {
    ...retryAfter(retryAfterSeconds),
    'ratelimit-policy': `"${limit}";q=${max};w=${windowSeconds}`,
    ratelimit: `"${limit}";r=0;t=${retryAfterSeconds}`,
  };
}

/** RFC 9110 section 10.2.3: whole seconds. */
function retryAfter(seconds: number): { 'retry-after': string } {
  return { 'retry-after': String(Math.ceil(seconds)) };
}
