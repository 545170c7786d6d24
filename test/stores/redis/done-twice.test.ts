import { describe, test } from 'vitest';
import { virtualClock } from '../../../src/testing/clock.ts';
import { storeConformance } from '../../../src/testing/store-conformance.ts';
import { freshKeyPrefix } from '../../servers/shared.ts';
import { clusterClient, openStore, redisClient } from './clients.ts';
import { sendingTwice } from './twice.ts';

/** What is done twice is charged once, but tells what is left by then. Where others come in between that is less, so that no one order explains it. */
const races = /\brac(?:e|es|ing)\b|parallel|at once|in flight/;
/** Nothing is left of what has ended that could say so again. */
const unkept = 'where no ended ids are kept none is told of';

const oneByOne = storeConformance().filter(
  ({ name, needs }) => needs !== 'dump' && name !== unkept && !races.test(name),
);

for (const [server, connect] of Object.entries({ Redis: redisClient, 'a Redis Cluster': clusterClient })) {
  describe(`on ${server}, with every act done twice and only the second answer told`, () => {
    for (const { name, run } of oneByOne) {
      test(name, { timeout: 60_000 }, async () => {
        const clock = virtualClock();
        const client = sendingTwice(await connect());
        const prefix = freshKeyPrefix();
        await run({ clock, open: async () => openStore({ client, prefix, clock: clock.now }) });
      });
    }
  });
}
