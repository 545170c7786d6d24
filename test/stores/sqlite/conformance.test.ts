import { describe, test } from 'vitest';
import { virtualClock } from '../../../src/testing/clock.ts';
import { storeConformance } from '../../../src/testing/store-conformance.ts';
import { databasePath, openRaw, openStore } from './database-file.ts';

/** Every row as it stands, and each of its words once more as the hex of what it is the base64url of. */
function dump(path: string): string {
  const db = openRaw(path);
  const rows = JSON.stringify([db.prepare('SELECT * FROM numbers').all(), db.prepare('SELECT * FROM shared').all()]);
  db.close();
  const words = rows.match(/[\w-]+/g) ?? [];
  return [rows, ...words.map((word) => Buffer.from(word, 'base64url').toString('hex'))].join('\n');
}

describe('the SQLite store keeps the promises of the port', () => {
  for (const { name, run } of storeConformance()) {
    test(name, { timeout: 60_000 }, async () => {
      const clock = virtualClock();
      const path = databasePath();
      await run({ clock, open: async () => openStore(path, clock.now), dump: async () => dump(path) });
    });
  }
});
