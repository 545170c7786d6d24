import { readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

/** In the order of their versions, which count from 1. What was released is never changed, only followed by another. */
const migrations = ['0001-numbers', '0002-counters-and-claims'];

const createLedger = `
  CREATE TABLE IF NOT EXISTS phoneproof_migrations (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at_ms INTEGER NOT NULL
  ) STRICT`;

/**
 * Brings a database up to this version's schema, in one transaction that holds the write lock: of several processes that come at once, one
 * migrates and the others find it done. Throws for a database of a newer version or of another program, which stays as it is.
 */
export function migrate(db: DatabaseSync, nowMs: number): void {
  db.exec('BEGIN IMMEDIATE');
  const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all();
  if (tables.length > 0 && !tables.some(({ name }) => name === 'phoneproof_migrations')) {
    throw new Error('it belongs to another program; phoneproof needs a file of its own');
  }
  db.exec(createLedger);
  const ledger = db.prepare('SELECT max(version) AS version FROM phoneproof_migrations').get();
  const version = Number(ledger?.version ?? 0);
  if (version > migrations.length) {
    throw new Error(
      `it was written by a newer phoneproof (schema ${version}, this one knows ${migrations.length}); update phoneproof`,
    );
  }
  const record = db.prepare('INSERT INTO phoneproof_migrations (version, name, applied_at_ms) VALUES (?, ?, ?)');
  for (const [index, name] of migrations.entries()) {
    if (index < version) continue;
    db.exec(readFileSync(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8'));
    record.run(index + 1, name, nowMs);
  }
  db.exec('COMMIT');
}
