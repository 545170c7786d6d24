import { ConfigurationError } from '../errors.ts';

const callTimeoutMs = 10_000;

export interface InboxCall {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly signal?: AbortSignal | undefined;
  /** For how long an answer is waited for before it counts as none. Unset: until the inbox must be broken. */
  readonly waitMs?: number;
}

/** Calls the API of an inbox: resolves with what it answered, with null where nothing arrived in time, rejects with what to do about everything else. */
export function inboxCaller(url: string, password: string | undefined) {
  const { username, password: inUrl } = URL.parse(url) ?? { username: '', password: '' };
  if (username !== '' || inUrl !== '') {
    throw new ConfigurationError([
      'The address of the inbox holds a password: give it as PHONEPROOF_INBOX_PASSWORD, or as the option "password".',
    ]);
  }
  return async function call<Answer>(
    method: string,
    path: string,
    { query = {}, body, signal, waitMs }: InboxCall = {},
  ): Promise<Answer> {
    const ends = AbortSignal.timeout(waitMs ?? callTimeoutMs);
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(`${url}/inbox/api${path}?${new URLSearchParams(query).toString()}`, {
        method,
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(password !== undefined && { authorization: `Bearer ${password}` }),
        },
        signal: signal ? AbortSignal.any([signal, ends]) : ends,
        redirect: 'manual',
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      answer = text === '' ? undefined : readJson(text);
    } catch (error) {
      signal?.throwIfAborted();
      if (ends.aborted && waitMs !== undefined) return null as Answer;
      const advice = 'Start one (`npx phoneproof inbox`), or name another with PHONEPROOF_INBOX_URL';
      throw new ConfigurationError([`There is no inbox at ${url}. ${advice}.`], { cause: error });
    }
    if (response.status === 408) return null as Answer;
    if (response.ok && answer !== null) return answer as Answer;
    const { detail } = Object(answer) as { detail?: unknown };
    throw new ConfigurationError([
      typeof detail === 'string'
        ? `The inbox at ${url} refused: ${detail}`
        : `What answers at ${url} is no inbox (status ${response.status}): name one with PHONEPROOF_INBOX_URL.`,
    ]);
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
