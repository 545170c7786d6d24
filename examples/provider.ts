import { ProviderError, type Provider, type ProviderErrorKind } from 'phoneproof';

/** The failures of Parrot, a vendor that does not exist, in its own words; and its statuses, where it has no word. */
const words = new Map<unknown, ProviderErrorKind>([
  ['bad_number', 'invalid_number'],
  ['stopped', 'opted_out'],
]);
const statuses: Record<number, ProviderErrorKind> = {
  401: 'auth',
  402: 'funds',
  403: 'auth',
  429: 'rate_limited',
  503: 'temporary',
};

export function parrotProvider(options: { apiKey: string; baseUrl?: string }): Provider {
  const { apiKey, baseUrl = 'https://api.parrot.example' } = options;
  return {
    name: 'parrot',
    channels: ['sms'],
    async send({ to, text, reference }, { signal }) {
      const response = await fetch(`${baseUrl}/messages`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ to, text, idempotency_key: reference }),
        redirect: 'manual', // text and key go nowhere else
        signal,
      }).catch((error: unknown) => {
        const { code = '' } = (error as { cause?: { code?: string } }).cause ?? {};
        const notReached = !signal.aborted && ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(code);
        throw new ProviderError(notReached ? 'temporary' : 'ambiguous', 'parrot gave no answer');
      });
      const { id, error } = await read(response);
      if (response.ok && typeof id === 'string' && id !== '') return { messageId: id };
      const kind = words.get(error) ?? statuses[response.status] ?? 'unknown';
      const retryAfterSeconds = secondsUntil(response.headers.get('retry-after') ?? '');
      throw new ProviderError(kind, `parrot refused it: ${kind} (HTTP ${response.status})`, { retryAfterSeconds });
    },
  };
}

/** The answer, of which 64 KiB are enough; nothing where it cannot be read. */
async function read({ body }: Response): Promise<{ id?: unknown; error?: unknown }> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > 65_536) break;
    }
    return Object(JSON.parse(text)) as { id?: unknown; error?: unknown };
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw new ProviderError('ambiguous', 'parrot broke off its answer');
  }
}

function secondsUntil(retryAfter: string): number | undefined {
  const seconds = /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
}
