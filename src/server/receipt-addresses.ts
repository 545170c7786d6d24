import { memoryStore } from '../stores/memory.ts';
import { createVerifier } from '../verifier.ts';
import type { Settings } from './config.ts';
import { namedProviders, type ProviderName } from './config/provider-options.ts';
import { openProvider } from './providers.ts';

/** Where `POST /v1/receipts` is reached from outside. */
export function receiptsUrlOf(publicUrl: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/v1/receipts`;
}

/** Where the vendor behind each provider tells; those that tell nothing are not in it. */
export function receiptAddresses(settings: Settings<'receipts'>): ReadonlyMap<ProviderName, string> {
  const { publicUrl, secret, subjectSecret } = settings;
  const verifier = createVerifier({
    secret,
    ...(subjectSecret !== undefined && { subjectSecret }),
    receiptsUrl: receiptsUrlOf(publicUrl),
    // Nothing is asked of it.
    store: memoryStore(),
    provider: openProvider(settings).provider,
  });
  return new Map(
    namedProviders(settings).flatMap((name) => {
      const address = verifier.receiptAddress(name);
      return address === null ? [] : [[name, address] as const];
    }),
  );
}
