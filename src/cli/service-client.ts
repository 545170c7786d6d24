/** What a service answered. */
export interface Answer {
  status: number;
  body: Readonly<Record<string, unknown>>;
  /** From `Retry-After`; null when the service does not say. */
  retryAfterSeconds: number | null;
}

/** Nothing that speaks phoneproof's API answered. `message` says what was tried. */
export class UnreachableError extends Error {}

const timeoutMs = 20_000;

/**
 * Posts to a running service. Answers of every status are returned; throws an `UnreachableError` when there is none, or one that is not the
 * service's. Follows no redirect: the key goes where it was meant to go and nowhere else.
 */
export async function post(
  { url, apiKey }: { url: string; apiKey: string | undefined },
  path: string,
  body: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  const base = url.replace(/\/+$/, '');
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${base}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await response.text();
  } catch (error) {
    throw new UnreachableError(`No answer from ${base}. Is it running? \`phoneproof dev\` starts one here.`, {
      cause: error,
    });
  }
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) {
      const seconds = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
      return {
        status: response.status,
        body: { ...answer },
        retryAfterSeconds: Number.isNaN(seconds) ? null : seconds,
      };
    }
  } catch {
    // Said below: what answers without JSON is no phoneproof.
  }
  throw new UnreachableError(`What answers at ${base} is not phoneproof (status ${response.status}, no JSON).`);
}
