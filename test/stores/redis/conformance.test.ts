import { describe, test } from 'vitest';
import { virtualClock } from '../../../src/testing/clock.ts';
import { storeConformance } from '../../../src/testing/store-conformance.ts';
import { freshKeyPrefix } from '../../servers/shared.ts';
import { openStore, servers } from './clients.ts';

// Keys end by the server's clock, which no test moves: what is at rest is looked at in at-rest.test.ts.
const cases = storeConformance().filter(({ needs }) => needs !== 'dump');

for (const [server, connect] of Object.entries(servers)) {
  describe(`the Redis store keeps the promises of the port on ${server}`, () => {
    for (const { name, run } of cases) {
      test(name, { timeout: 60_000 }, async () => {
        const clock = virtualClock();
        const prefix = freshKeyPrefix();
        // Each handle has a connection of its own.
        await run({ clock, open: async () => openStore({ client: await connect(), prefix, clock: clock.now }) });
      });
    }
  });
}
