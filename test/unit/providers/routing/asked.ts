import { ProviderError, type ProviderErrorKind } from '../../../../src/errors.ts';
import type { Accepted, Message, Provider } from '../../../../src/providers/provider.ts';
import { recordingProvider, type RecordingProvider } from '../../../../src/testing/recording-provider.ts';

/** A message as a verifier makes it. */
export function messageOf(differing: Partial<Message> = {}): Message {
  return {
    to: '+12025550143',
    country: 'US',
    text: '493817 is your Example code.',
    code: '493817',
    channel: 'sms',
    locale: 'en',
    lifetimeSeconds: 300,
    reference: 'r'.repeat(60),
    receiptUrl: () => null,
    earlier: [],
    ...differing,
  };
}

/** Sends as a verifier does. */
export function send(
  provider: Provider,
  differing: Partial<Message> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Accepted> {
  return provider.send(messageOf(differing), { signal });
}

/** What a send that must fail rejects with. */
export async function failure(sending: Promise<unknown>): Promise<ProviderError> {
  const thrown: unknown = await sending.then(
    () => new Error('The message was taken.'),
    (error: unknown) => error,
  );
  if (thrown instanceof ProviderError) return thrown;
  throw thrown;
}

/** Providers of these names. */
export function recordingProviders<Names extends string[]>(
  ...names: Names
): { [Index in keyof Names]: RecordingProvider } {
  return names.map((name) => recordingProvider({ name })) as { [Index in keyof Names]: RecordingProvider };
}

/** How often each was asked. */
export function timesAsked(...providers: readonly RecordingProvider[]): number[] {
  return providers.map(({ messages }) => messages.length);
}

export function errorOf(kind: ProviderErrorKind, retryAfterSeconds?: number): ProviderError {
  return new ProviderError(kind, `scripted: ${kind}`, { retryAfterSeconds });
}
