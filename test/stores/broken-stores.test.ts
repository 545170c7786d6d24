import { AssertionError } from 'node:assert';
import { describe, expect, test } from 'vitest';
import type { Clock, Store } from '../../src/stores/store.ts';
import { virtualClock } from '../../src/testing/clock.ts';
import { storeConformance } from '../../src/testing/store-conformance.ts';
import { bentStore } from './bent-store.ts';
import { brokenBroadLimits } from './broken-broad-limits.ts';
import { brokenClaims } from './broken-claims.ts';
import { brokenHandOvers } from './broken-hand-overs.ts';
import { brokenStores } from './broken-stores.ts';

const cases = storeConformance().filter(({ needs }) => needs === undefined);

/** Runs one case of the suite. */
async function run(name: string, storeOn: (clock: Clock) => Store): Promise<void> {
  const found = cases.find((one) => one.name === name);
  if (!found) throw new Error(`The suite has no case "${name}"`);
  const clock = virtualClock();
  const store = storeOn(clock.now);
  await found.run({ clock, open: async () => store });
}

describe('the conformance suite bites', () => {
  test('a right store on records passes every case', { timeout: 30_000 }, async () => {
    for (const { name } of cases) await run(name, (clock) => bentStore(clock, () => ({})));
  });

  const broken = [brokenStores, brokenHandOvers, brokenBroadLimits, brokenClaims].flatMap((stores) =>
    Object.entries(stores),
  );
  for (const [what, { store, fails }] of broken) {
    for (const name of fails) {
      test(`a store that ${what} fails: ${name}`, async () => {
        await expect(run(name, store)).rejects.toThrow(AssertionError);
      });
    }
  }
});
