import { answerCases } from './provider-cases/answers.ts';
import type { ProviderCase } from './provider-cases/case.ts';
import { connectionCases } from './provider-cases/connections.ts';
import { receiptCases } from './provider-cases/receipts.ts';
import { requestCases } from './provider-cases/requests.ts';
import { secretCases } from './provider-cases/secrets.ts';

export type {
  ProviderCase,
  ProviderUnderTest,
  ReceiptAbout,
  ReceiptsUnderTest,
  VendorReply,
} from './provider-cases/case.ts';

/**
 * Every promise of the `Provider` port as a case with a name and a `run`, for any test runner. A case runs against a vendor of its own: a real server on
 * loopback that answers as `ProviderUnderTest` says, and does what vendors do on bad days. It is gone when the case is over.
 *
 * ```ts
 * import { test } from 'node:test';
 *
 * const underTest: ProviderUnderTest = {
 *   open: (baseUrl) => acmeProvider({ baseUrl, apiKey: 'acme-secret-key' }),
 *   credentials: ['acme-secret-key'],
 *   accepted: (messageId) => ({ status: 201, body: JSON.stringify({ id: messageId }) }),
 *   failures: [{ name: 'no such number', reply: { status: 400, body: '{"code":"bad_number"}' }, kind: 'invalid_number' }],
 *   readRequest: ({ body }) => JSON.parse(body),
 * };
 * for (const { name, run } of providerConformance()) test(name, () => run(underTest));
 * ```
 */
export function providerConformance(): readonly ProviderCase[] {
  return [...requestCases, ...answerCases, ...connectionCases, ...secretCases, ...receiptCases];
}
