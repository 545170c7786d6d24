import type { Problem } from './problems.ts';

/** The answer to a start. */
export interface StartAnswer {
  id: string;
  to: string;
  /** There only of a test number. */
  test?: true;
  notice: string;
  created_at: string;
  expires_at: string;
  resend_at: string;
  sends_left: number;
  checks_left: number;
}

/** The answer to a check that approved. */
export interface CheckAnswer {
  to: string;
  approved_at: string;
}

export type Answer<Body> =
  | { ok: true; body: Body; serverTime: number; call: Call }
  | { ok: false; problem: Problem; retryAfterSeconds: number | null; call: Call };

/** One exchange with the API, as the page shows it to developers. Holds no code. */
export interface Call {
  url: string;
  sent: Record<string, string>;
  /** Null: no answer. */
  status: number | null;
  answer: unknown;
  durationMs: number;
}

/** Starts a verification, or sends its code again. */
export function start(body: { to: string; country?: string }): Promise<Answer<StartAnswer>> {
  return post('v1/verifications', body);
}

/** Submits a code. */
export function check(body: { id: string; code: string }): Promise<Answer<CheckAnswer>> {
  return post('v1/verifications/check', body);
}

async function post<Body>(path: string, body: Record<string, string>): Promise<Answer<Body>> {
  const began = performance.now();
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => null);
  const answer: unknown = await response?.json().catch(() => null);
  const call: Call = {
    url: new URL(path, location.href).href,
    sent: body['code'] === undefined ? body : { ...body, code: '•'.repeat(body['code'].length) },
    status: response?.status ?? null,
    answer,
    durationMs: Math.round(performance.now() - began),
  };
  if (response === null) return { ok: false, problem: { code: 'unreachable' }, retryAfterSeconds: null, call };
  if (response.ok && isObject(answer)) {
    const date = response.headers.get('date');
    return { ok: true, body: answer as Body, serverTime: date === null ? Date.now() : Date.parse(date), call };
  }
  const retryAfter = response.headers.get('retry-after');
  return {
    ok: false,
    problem: isObject(answer) && 'code' in answer ? (answer as unknown as Problem) : { code: 'unexpected_answer' },
    retryAfterSeconds: retryAfter === null ? null : Number(retryAfter),
    call,
  };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
