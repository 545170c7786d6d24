import { describe, expect, test } from 'vitest';
import { memoryStore } from '../../src/stores/memory.ts';
import { virtualClock } from '../../src/testing/clock.ts';
import { dayMs, numberOn } from '../../src/testing/store-cases/number.ts';
import { storeConformance } from '../../src/testing/store-conformance.ts';
import { testVerifierOn } from './verifier-on-store.ts';

describe('the memory store keeps the promises of the port', () => {
  // Nothing of it is at rest, so that there is nothing to look at.
  const cases = storeConformance().filter(({ needs }) => needs !== 'dump');
  for (const { name, run } of cases) {
    test(name, async () => {
      const clock = virtualClock();
      const store = memoryStore({ clock: clock.now });
      await run({ clock, open: async () => store });
    });
  }
});

test('a prune of the memory store touches every number of which something has ended, in batches', async () => {
  const clock = virtualClock();
  const store = memoryStore({ clock: clock.now });
  for (let i = 0; i < 7; i += 1) await numberOn(store, { name: `number ${i}` }).create();
  expect(await store.prune({ max: 3 })).toBe(0);
  for (const afterMs of [dayMs / 2, 2 * dayMs]) {
    clock.advance(afterMs);
    const touched = [];
    for (let i = 0; i < 4; i += 1) touched.push(await store.prune({ max: 3 }));
    expect(touched).toEqual([3, 3, 1, 0]);
  }
  clock.advance(365 * dayMs);
  expect(await store.prune()).toBe(0);
});

testVerifierOn('the memory store', (clock) => memoryStore({ clock: clock.now }), { modelled: 150, interleaved: 300 });

test('a memory store that nobody prunes keeps no more than what has not ended, idempotency keys too', async () => {
  const clock = virtualClock();
  const store = memoryStore({ clock: clock.now });
  const claims = 3_000;
  for (let i = 0; i < claims; i += 1) {
    const claim = { key: `key ${i}`, fingerprint: 'request', token: `token ${i}`, leaseMs: 30_000, keepMs: dayMs };
    await store.claim(claim);
    await store.complete({ key: claim.key, token: claim.token, answer: new Uint8Array(1) });
    await numberOn(store, { name: `number ${i}` }).create();
    clock.advance(dayMs / 500);
  }
  clock.advance(dayMs);
  expect(await store.prune({ max: claims * 3 }), 'of one day').toBeLessThan(2 * 600);
});
