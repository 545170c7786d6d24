import { describe, test } from 'vitest';
import { virtualClock } from '../../../src/testing/clock.ts';
import { storeConformance } from '../../../src/testing/store-conformance.ts';
import { pgbouncerUrl, postgresUrl } from '../../servers/shared.ts';
import { dump, migratedDatabase } from './database.ts';

describe.each([
  ['PostgreSQL', await postgresUrl()],
  ['PostgreSQL behind PgBouncer', await pgbouncerUrl()],
])('the store keeps the promises of the port on %s', (_name, url) => {
  for (const { name, run } of storeConformance()) {
    test(name, { timeout: 60_000 }, async () => {
      const database = await migratedDatabase(url);
      const clock = virtualClock();
      // A pool of its own for each handle, so that they race as processes do.
      await run({ clock, open: async () => database.open({ clock: clock.now }), dump: () => dump(database) });
    });
  }
});
