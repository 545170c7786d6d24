import { problems, type Problem } from './problem.ts';
import type { Answer } from './received.ts';
import type { Reply } from './route.ts';

/** Keeps an answer from being stored, taken for another type or framed (OWASP REST Security Cheat Sheet). */
const safeHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
} as const;

/** Writes down what a call came to. `typeBase` stands before a problem's code in its `type`. */
export function toAnswer(outcome: Reply | Problem, requestId: string, typeBase: string): Answer {
  const headers: Record<string, string> = { ...safeHeaders, 'x-request-id': requestId };
  if ('code' in outcome) {
    const { code, members } = outcome;
    const { status, title, detail } = problems[code];
    const problem = {
      type: typeBase + code,
      title,
      status,
      detail: outcome.detail ?? detail,
      code,
      request_id: requestId,
      ...members,
    };
    headers['content-type'] = 'application/problem+json';
    return { status, headers: Object.assign(headers, outcome.headers), body: JSON.stringify(problem) };
  }
  const { status } = outcome;
  if ('body' in outcome) {
    headers['content-type'] = 'application/json';
    return { status, headers: Object.assign(headers, outcome.headers), body: JSON.stringify(outcome.body) };
  }
  if ('text' in outcome) return { status, headers: Object.assign(headers, outcome.headers), body: outcome.text };
  return { status, headers, body: null };
}

/** An answer as the Web standard has it. */
export function toResponse({ body, status, headers }: Answer): Response {
  return new Response(body, { status, headers });
}
