import { AssertionError } from 'node:assert';
import { describe, expect, test } from 'vitest';
import { providerConformance } from '../../src/testing/provider-conformance.ts';
import { acme, acmeUnderTest } from './conformance-acme.ts';
import { brokenProviders } from './conformance-broken.ts';

const cases = providerConformance();

async function run(name: string, open: (baseUrl: string) => ReturnType<typeof acme>): Promise<void> {
  const found = cases.find((one) => one.name === name);
  if (!found) throw new Error(`The suite has no case "${name}"`);
  await found.run({ ...acmeUnderTest, open });
}

describe('a right provider passes', () => {
  test.each(cases)('$name', async ({ run: pass }) => pass(acmeUnderTest));

  test('without receipts too, and where a status alone says that a message was taken', async () => {
    const { receipts: _, ...withoutReceipts } = acmeUnderTest;
    for (const { run: pass } of cases) {
      await pass({ ...withoutReceipts, open: (baseUrl) => acme(baseUrl, { receipts: undefined }) });
    }
    const { name } = cases.find((one) => one.name.startsWith('a 2xx answer')) ?? { name: '' };
    const byStatus = { ...acmeUnderTest, takenByStatus: true };
    const takes = cases.find((one) => one.name === name);
    await expect(takes?.run(byStatus)).rejects.toThrow(AssertionError);
    await takes?.run({ ...byStatus, open: (baseUrl) => acme(baseUrl, { idIn: () => 'taken' }) });
  });
});

describe('the conformance suite bites', () => {
  for (const [what, { open, fails }] of Object.entries(brokenProviders)) {
    for (const name of fails) {
      test(`a provider that ${what} fails: ${name}`, async () => {
        await expect(run(name, open)).rejects.toThrow(AssertionError);
      });
    }
  }

  test('in every case', () => {
    const failed = new Set(Object.values(brokenProviders).flatMap(({ fails }) => fails));
    expect(cases.map(({ name }) => name).filter((name) => !failed.has(name))).toEqual([]);
  });

  test('and no two cases have one name', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });
});
