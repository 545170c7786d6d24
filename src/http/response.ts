import { problems, type Problem } from './problem.ts';
import type { Reply } from './route.ts';

/** Keeps an answer from being stored, taken for another type or framed (OWASP REST Security Cheat Sheet). */
const safeHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
} as const;

/** Writes down what a call came to. `typeBase` stands before a problem's code in its `type`. */
export function toResponse(outcome: Reply | Problem, requestId: string, typeBase: string): Response {
  const headers = { ...safeHeaders, 'x-request-id': requestId };
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
    return new Response(JSON.stringify(problem), {
      status,
      headers: { ...headers, 'content-type': 'application/problem+json', ...outcome.headers },
    });
  }
  if ('body' in outcome) {
    return new Response(JSON.stringify(outcome.body), {
      status: outcome.status,
      headers: { ...headers, 'content-type': 'application/json', ...outcome.headers },
    });
  }
  if ('text' in outcome) return new Response(outcome.text, { headers: { ...headers, ...outcome.headers } });
  return new Response(null, { status: outcome.status, headers });
}
