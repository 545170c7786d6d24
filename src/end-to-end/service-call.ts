/** Where a service runs, and the key to call it with. */
export interface ServiceAddress {
  readonly url: string;
  readonly apiKey: string | undefined;
}

/** What a service answered. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** From `Retry-After`; null when the service does not say. */
  readonly retryAfterSeconds: number | null;
}

/** Nothing that speaks phoneproof's API answered. `message` says what was tried. */
export class UnreachableError extends Error {
  /** Of an answer that is not phoneproof's; null where there was none. */
  readonly status: number | null;
  constructor(message: string, { status, ...options }: ErrorOptions & { status?: number } = {}) {
    super(message, options);
    this.status = status ?? null;
  }
}

const timeoutMs = 20_000;

/**
 * Calls a running service: a POST where there is a body, else a GET. Answers of every status are returned; throws an `UnreachableError` when there is none, or one that is
 * not the service's, and the signal's reason when that aborts. Follows no redirect: the key goes where it was meant to go and nowhere else.
 */
export async function callService(
  { url, apiKey }: ServiceAddress,
  path: string,
  { body, signal }: { body?: Readonly<Record<string, unknown>>; signal?: AbortSignal } = {},
): Promise<Answer> {
  const base = url.replace(/\/+$/, '');
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${base}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    text = await response.text();
  } catch (error) {
    signal?.throwIfAborted();
    throw new UnreachableError(`No answer from ${base}. Is it running? \`phoneproof dev\` starts one here.`, {
      cause: error,
    });
  }
  const answer = readObject(text);
  if (answer) {
    const seconds = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
    return { status: response.status, body: answer, retryAfterSeconds: Number.isNaN(seconds) ? null : seconds };
  }
  const { status } = response;
  throw new UnreachableError(`What answers at ${base} is not phoneproof (status ${status}, no JSON).`, { status });
}

function readObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
