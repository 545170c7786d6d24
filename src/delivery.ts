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
export function handOver(provider: Provider, message: Message, timeoutMs: number): Promise<HandOver> {
  return new Promise((resolve) => {
    const controller = new AbortController();
    const sent = send(provider, message, controller.signal);
    const doubt = (error: ProviderError): HandOver => ({
      status: 'unknown',
      provider: provider.name,
      error,
      late: sent.catch(() => null),
    });
    const timer = setTimeout(() => {
      resolve(doubt(new ProviderError('ambiguous', `${provider.name} did not answer within ${timeoutMs} ms`)));
      controller.abort();
    }, timeoutMs);
    sent.then(
      (accepted) => {
        clearTimeout(timer);
        resolve(accepted);
      },
      (thrown: unknown) => {
        clearTimeout(timer);
        const error = providerErrorOf(thrown, provider);
        resolve(surelyNotTaken.has(error.kind) ? { status: 'rejected', provider: provider.name, error } : doubt(error));
      },
    );
  });
}

async function send(
  provider: Provider,
  message: Message,
  signal: AbortSignal,
): Promise<Extract<HandOver, { status: 'accepted' }>> {
  const accepted = await provider.send(message, { signal });
  return { status: 'accepted', provider: accepted.provider ?? provider.name, error: null };
}

function providerErrorOf(thrown: unknown, { name }: Provider): ProviderError {
  if (thrown instanceof ProviderError) return thrown;
  return new ProviderError('ambiguous', `${name} failed without saying whether it took the message`, { cause: thrown });
}
