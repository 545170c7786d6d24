import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';
import { sqliteStore } from '../../../src/stores/sqlite/index.ts';
import type { Clock, Store } from '../../../src/stores/store.ts';

/** A path for a database in a directory of its own that goes with the test. */
export function databasePath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'phoneproof-sqlite-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'phoneproof.db');
}

/** Opens a store that is closed with the test. */
export function openStore(path: string, clock?: Clock): Store {
  const store = sqliteStore(clock ? { path, clock } : { path });
  onTestFinished(() => store.close());
  return store;
}

/** Another program's connection to the file, closed with the test. */
export function openRaw(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  onTestFinished(() => {
    if (db.isOpen) db.close();
  });
  return db;
}
