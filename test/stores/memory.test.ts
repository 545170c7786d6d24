import { describe, expect, test } from 'vitest';
import { memoryStore } from '../../src/stores/memory.ts';
import { storeConformance } from '../../src/testing/store-conformance.ts';
import { virtualClock } from '../../src/testing/clock.ts';

describe('the memory store keeps the promises of the port', () => {
  for (const { name, needs, run } of storeConformance()) {
    test.skipIf(needs === 'dump')(name, async () => {
      const clock = virtualClock();
      const store = memoryStore({ clock: clock.now });
      await run({ clock, open: async () => store });
    });
  }
});
