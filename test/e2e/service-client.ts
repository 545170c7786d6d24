/** What a service answered. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** Calls a service as a backend does. */
export async function call(
  url: string,
  path: string,
  {
    body,
    key,
    method = body === undefined ? 'GET' : 'POST',
    headers = {},
  }: { body?: unknown; key?: string; method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    body: json ? (JSON.parse(text) as Answer['body']) : { text },
  };
}

/** Starts a verification, takes the code out of the inbox, and gives both. */
export async function startAndRead(url: string, to: string, key?: string): Promise<{ id: string; code: string }> {
  const { body: before } = await call(url, '/inbox/api/messages?limit=1');
  const started = await call(url, '/v1/verifications', { body: { to }, ...(key !== undefined && { key }) });
  const after = encodeURIComponent(String(before['cursor']));
  const { body: message } = await call(url, `/inbox/api/wait?to=${encodeURIComponent(to)}&after=${after}&timeout=5`);
  return { id: String(started.body['id']), code: String(message['code']) };
}

/** A code of the same length that is not this one. */
export function wrong(code: string, by = 1): string {
  return String((Number(code) + by) % 10 ** code.length).padStart(code.length, '0');
}
