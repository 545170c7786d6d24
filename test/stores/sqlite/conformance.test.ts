import { describe, test } from 'vitest';
import { comparable } from '../../../src/testing/comparable.ts';
import { virtualClock } from '../../../src/testing/clock.ts';
import { storeConformance } from '../../../src/testing/store-conformance.ts';
import { databasePath, openRaw, openStore } from './database-file.ts';

/** Every row as it stands, bytes as hex, and each of its words once more as the hex of what it is the base64url of. */
function dump(path: string): string {
  const db = openRaw(path);
  const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all();
  const all = tables.map(({ name }) => db.prepare(`SELECT * FROM "${String(name)}"`).all());
  db.close();
  const rows = JSON.stringify(comparable(all));
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
