import { ProviderError } from './errors.ts';
import { isSurelyNotTaken } from './hand-over.ts';
import type { HandOver, Message, Provider } from './providers/provider.ts';

/** What became of a send, as far as it is known when the time is up. */
export type Sent = {
  /** What came of each provider that was asked, the first first. The last decides. */
  readonly handOvers: readonly HandOver[];
} & (
  | { status: 'accepted'; messageId: string; error: null }
  /** Surely not taken by any. */
  | { status: 'rejected'; error: ProviderError }
  /** May have been taken. `late`: what the provider says in the end, null for anything but yes. A provider that never says anything never resolves it. */
  | { status: 'unknown'; error: ProviderError; late: Promise<{ provider: string; messageId: string } | null> }
);

/** Hands a message to a provider and waits at most `timeoutMs`, whether or not the provider heeds its signal. Never rejects. */
export async function handOver(provider: Provider, message: Message, timeoutMs: number): Promise<Sent> {
  const startedAtMs = performance.now();
  const controller = new AbortController();
  const accepting = (async () => provider.send(message, { signal: controller.signal }))().then((accepted) => ({
    ...accepted,
    provider: accepted.provider ?? provider.name,
  }));
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new ProviderError('ambiguous', `${provider.name} did not answer within ${timeoutMs} ms`));
      controller.abort();
    }, timeoutMs);
  });
  const asked = (of: Omit<HandOver, 'durationMs'>, before: readonly HandOver[] = []): HandOver => ({
    ...of,
    durationMs: before.reduce((left, { durationMs }) => left - durationMs, performance.now() - startedAtMs),
  });
  try {
    const { provider: name, messageId, before = [] } = await Promise.race([accepting, timedOut]);
    const took = asked({ provider: name, status: 'accepted', errorKind: null }, before);
    return { status: 'accepted', messageId, error: null, handOvers: [...before, took] };
  } catch (thrown) {
    const error =
      thrown instanceof ProviderError
        ? thrown
        : new ProviderError('ambiguous', `${provider.name} failed without saying whether it took the message`, {
            cause: thrown,
          });
    const { kind: errorKind, handOvers: told } = error;
    const status =
      isSurelyNotTaken(errorKind) && told.every((one) => one.status === 'rejected') ? 'rejected' : 'unknown';
    const handOvers = told.length > 0 ? told : [asked({ provider: provider.name, status, errorKind })];
    return status === 'rejected'
      ? { status, error, handOvers }
      : { status, error, handOvers, late: accepting.catch(() => null) };
  } finally {
    clearTimeout(timer);
  }
}
