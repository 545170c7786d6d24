import { AssertionError } from 'node:assert';
import { describe, expect, test } from 'vitest';
import { virtualNumberConformance, type VirtualNumberUnderTest } from '../../src/testing/virtual-number-conformance.ts';
import { acmeUnderTest } from './conformance-acme.ts';
import { brokenAdapters } from './conformance-broken.ts';

const cases = virtualNumberConformance();

async function run(name: string, open: VirtualNumberUnderTest['open']): Promise<void> {
  const found = cases.find((one) => one.name === name);
  if (!found) throw new Error(`The suite has no case "${name}"`);
  await found.run({ ...acmeUnderTest, open });
}

describe('a right adapter passes', () => {
  test.each(cases)('$name', async ({ run: pass }) => pass(acmeUnderTest));
});

describe('the conformance suite bites', () => {
  for (const [what, { open, fails }] of Object.entries(brokenAdapters)) {
    for (const name of fails) {
      test(`an adapter that ${what} fails: ${name}`, async () => {
        await expect(run(name, open)).rejects.toThrow(AssertionError);
      });
    }
  }

  test('in every case', () => {
    const failed = new Set(Object.values(brokenAdapters).flatMap(({ fails }) => fails));
    expect(cases.map(({ name }) => name).filter((name) => !failed.has(name))).toEqual([]);
  });

  test('and no two cases have one name', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });
});
