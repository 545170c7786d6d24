import { ProviderError, type ProviderErrorKind } from './errors.ts';
import type { Message, Provider } from './providers/provider.ts';

/** What became of one hand-over, as far as it is known when the time is up. */
export type HandOver =
  | { status: 'accepted'; provider: string; error: null }
  /** Surely not taken. */
  | { status: 'rejected'; provider: string; error: ProviderError }
  /** May have been taken. `late` resolves if the provider says yes after all; otherwise it never does. */
  | { status: 'unknown'; provider: string; error: ProviderError; late: Promise<HandOver & { status: 'accepted' }> };

const mayHaveBeenTaken: readonly ProviderErrorKind[] = ['ambiguous', 'unknown'];
const never = new Promise<never>(() => {});

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
    if (!mayHaveBeenTaken.includes(error.kind)) return { status: 'rejected', provider: provider.name, error };
    return { status: 'unknown', provider: provider.name, error, late: sent.catch(() => never) };
  } finally {
    clearTimeout(timer);
  }
}
