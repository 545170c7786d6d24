import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Context } from 'hono';
import type { RequestFault } from '../errors.ts';

/** Every problem code of the inbox with its status: the API's own words, where it has one. */
const statuses = {
  invalid_request: 400,
  unauthorized: 401,
  host_not_allowed: 403,
  origin_not_allowed: 403,
  proxy_not_allowed: 403,
  held_not_found: 404,
  message_not_found: 404,
  no_message: 408,
  nobody_to_tell: 409,
  unsupported_media_type: 415,
  rate_limited: 429,
  no_number: 503,
  not_ready: 503,
} as const;

/** A problem before it is written down. */
export interface InboxProblem {
  readonly code: keyof typeof statuses;
  /** A sentence for people, never to be parsed. */
  readonly detail: string;
  /** What is wrong with the query, by parameter. */
  readonly errors?: readonly RequestFault[];
}

/** Answers with a problem (RFC 9457). */
export function problemResponse(c: Context, { code, detail, errors }: InboxProblem): Response {
  const status = statuses[code];
  const requestId = randomUUID();
  const problem = {
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail,
    code,
    request_id: requestId,
    errors,
  };
  return c.body(JSON.stringify(problem), status, {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-request-id': requestId,
  });
}
