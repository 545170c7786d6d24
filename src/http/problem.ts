import { DeliveryError, InvalidRequestError, StoreError, type ErrorCode } from '../errors.ts';
import type { CancelResult, CheckResult, FindResult, LookupResult, RefusalStatus, StartResult } from '../results.ts';

/** What a row of the problem table tells: its status, its title, and when it is the answer. */
interface ProblemRow {
  readonly status: number;
  readonly title: string;
  readonly when: string;
}

/** Codes that a verifier's results and errors bring to the wire. The others of this file are the handler's own. */
type ForeignCode =
  | RefusalStatus
  | Exclude<ErrorCode, 'invalid_configuration' | 'subject_key_changed' | 'provider_error'>;

/** Every problem code with its status: the only place that picks one. */
export const problems = {
  invalid_request: {
    status: 400,
    title: 'Invalid request',
    when: 'The body, a field or a type is wrong. `errors` names each place. Nothing was spent.',
  },
  unauthorized: { status: 401, title: 'Unauthorized', when: 'There is no API key, or a wrong one.' },
  destination_not_allowed: {
    status: 403,
    title: 'Destination not allowed',
    when: 'The policy does not send to this country or kind of line, or the person has opted out.',
  },
  not_found: { status: 404, title: 'Not found', when: 'There is no such path.' },
  verification_not_found: {
    status: 404,
    title: 'Verification not found',
    when: 'By number: never sent, used or ended, one answer for all. By id: unknown, or ended more than 24 hours ago.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    when: 'The path exists, but not with this method. `Allow` lists those it has.',
  },
  verification_expired: {
    status: 410,
    title: 'Verification expired',
    when: 'Its time ran out. Only told to a caller that gives the id, like the four below.',
  },
  verification_canceled: { status: 410, title: 'Verification canceled', when: 'It was canceled.' },
  verification_used: { status: 410, title: 'Verification used', when: 'It was approved before. A code counts once.' },
  verification_superseded: {
    status: 410,
    title: 'Verification superseded',
    when: 'A newer verification of the same number and purpose took its place.',
  },
  verification_failed: {
    status: 410,
    title: 'Verification failed',
    when: 'Its text could not be sent, so there is no code to check.',
  },
  payload_too_large: { status: 413, title: 'Payload too large', when: 'The body is larger than 16 KiB.' },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    when: 'The body is not `application/json` in UTF-8, or it is compressed.',
  },
  invalid_phone_number: {
    status: 422,
    title: 'Invalid phone number',
    when: 'The number cannot be what the person meant to type, or the provider says so. `detail` can be shown to them.',
  },
  incorrect_code: {
    status: 422,
    title: 'Incorrect code',
    when: 'The code is wrong. `checks_left` counts on; 0 was the last one.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    when: 'A limit on sends refuses. `limit` names it, `Retry-After` says in how many seconds it no longer does.',
  },
  too_many_checks: {
    status: 429,
    title: 'Too many checks',
    when:
      'Too many wrong codes. `scope` is `verification` (start a new one) or `number` ' +
      '(its budget is spent or it is locked; `Retry-After` says for how long).',
  },
  internal_error: { status: 500, title: 'Internal error', when: 'The fault is ours. The log has more, under `request_id`.' },
  delivery_failed: {
    status: 502,
    title: 'Delivery failed',
    when: "The provider refused the text, for a reason that is neither yours nor the number's.",
  },
  provider_unavailable: { status: 503, title: 'Provider unavailable', when: 'No provider takes texts right now.' },
  store_unavailable: {
    status: 503,
    title: 'Store unavailable',
    when: 'The store does not answer. Nothing was sent, nothing was approved.',
  },
  not_ready: { status: 503, title: 'Not ready', when: 'The service cannot take calls now, or is about to end.' },
} as const satisfies Record<ForeignCode, ProblemRow> & Record<string, ProblemRow>;

/** Every `code` that a problem can bear. */
export type ProblemCode = keyof typeof problems;

/** A problem before it is written down: status and title follow from its code. */
export interface Problem {
  readonly code: ProblemCode;
  /** A sentence for people, never to be parsed. */
  readonly detail: string;
  /** What this code tells besides, in the words of the wire. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Carries a problem out of a call. `cause` is what is broken, if anything is. */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.detail, options);
    this.problem = problem;
  }
}

/** A result by which a verifier refuses. */
export type Refusal = Extract<
  StartResult | CheckResult | CancelResult | FindResult | LookupResult,
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
    case 'rate_limited': {
      const { limit, max, windowSeconds, retryAfterSeconds } = refusal;
      return {
        code,
        detail,
        members: { limit },
        headers: {
          ...retryAfter(retryAfterSeconds),
          // draft-ietf-httpapi-ratelimit-headers-10: lists of RFC 9651 items. The names of limits need no escaping.
          'ratelimit-policy': `"${limit}";q=${max};w=${windowSeconds}`,
          ratelimit: `"${limit}";r=0;t=${Math.ceil(retryAfterSeconds)}`,
        },
      };
    }
    case 'too_many_checks':
      return refusal.scope === 'verification'
        ? { code, detail, members: { scope: refusal.scope } }
        : { code, detail, members: { scope: refusal.scope }, headers: retryAfter(refusal.retryAfterSeconds) };
    default:
      return { code, detail };
  }
}

const storeRetrySeconds = 5;
const providerRetrySeconds = 30;

/** Makes the problem of whatever was thrown. Nothing of an error's own text gets out, but the faults of a request. */
export function thrownProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof InvalidRequestError) return requestProblem(error.errors);
  if (error instanceof StoreError) {
    return {
      code: 'store_unavailable',
      detail: 'The store does not answer. Nothing was sent and nothing was approved; try again.',
      headers: retryAfter(storeRetrySeconds),
    };
  }
  if (error instanceof DeliveryError) {
    const { code, verificationId, retryAfterSeconds } = error;
    const unavailable = code === 'provider_unavailable';
    const seconds = retryAfterSeconds ?? (unavailable ? providerRetrySeconds : undefined);
    return {
      code,
      detail: unavailable ? 'No text can be sent right now; try again.' : 'The text could not be sent.',
      members: { id: verificationId },
      headers: seconds === undefined ? {} : retryAfter(seconds),
    };
  }
  return { code: 'internal_error', detail: 'Something went wrong on our side.' };
}

/** Makes the problem of a request with these faults. */
export function requestProblem(errors: InvalidRequestError['errors']): Problem {
  return {
    code: 'invalid_request',
    detail: 'The request is not what this call takes. Each entry of errors names a place and what is wrong there.',
    members: { errors },
  };
}

/** RFC 9110 section 10.2.3: whole seconds. */
function retryAfter(seconds: number): { 'retry-after': string } {
  return { 'retry-after': String(Math.ceil(seconds)) };
}
