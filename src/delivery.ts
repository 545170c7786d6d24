import { ProviderError, type ProviderErrorKind } from './errors.ts';
import type { Message, Provider } from './providers/provider.ts';

/** What became of one hand-over, as far as it is known when the time is up. */
export type HandOver =
  | { status: 'accepted'; provider: string; error: null }
  /** Surely not taken. */
  | { status: 'rejected'; provider: string; error: ProviderError }
  /** May have been taken. `late`: what the provider says in the end, null for anything but yes. A provider that never says anything never resolves it. */
  | {
      status: 'unknown';
      provider: string;
      error: ProviderError;
      late: Promise<(HandOver & { status: 'accepted' }) | null>;
    };

/** Any other kind, also one that an adapter made up, leaves open whether the message was taken. */
const surelyNotTaken: ReadonlySet<ProviderErrorKind> = new Set<ProviderErrorKind>([
  'invalid_number',
  'not_sms_capable',
  'opted_out',
  'blocked_destination',
  'filtered',
  'rate_limited',
  'temporary',
  'auth',
  'config',
  'funds',
]);

/** Hands a message to a provider and waits at most `timeoutMs`, whether or not the provider heeds its signal. Never rejects. */
export async function handOver(provider: Provider, message: Message, timeoutMs: number): Promise<HandOver> {
  const controller = new AbortController();
  const sent = (async () => provider.send(message, { signal: controller.signal }))().then(
    (accepted) => ({ status: 'accepted', provider: accepted.provider ?? provider.name, error: null }) as const,
  );
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new ProviderError('ambiguous', `${provider.name} did not answer within ${timeoutMs} ms`));
      controller.abort();
    }, timeoutMs);
  });
  try {
    return await Promise.race([sent, timedOut]);
  } catch (thrown) {
    const error =
      thrown instanceof ProviderError
        ? thrown
        : new ProviderError('ambiguous', `${provider.name} failed without saying whether it took the message`, {
            cause: thrown,
          });
    if (surelyNotTaken.has(error.kind)) return { status: 'rejected', provider: provider.name, error };
    return { status: 'unknown', provider: provider.name, error, late: sent.catch(() => null) };
  } finally {
    clearTimeout(timer);
  }
}
