import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigurationError, StoreError } from '../../../src/errors.ts';
import { sqliteStore } from '../../../src/stores/sqlite/index.ts';
import { numberOn } from '../../../src/testing/store-cases/number.ts';
import { databasePath, openRaw, openStore } from './database-file.ts';
import { connectionPragmas } from '../../../src/stores/sqlite/database.ts';

function ledger(path: string): unknown[] {
  const db = openRaw(path);
  const rows = db.prepare('SELECT version, name FROM phoneproof_migrations ORDER BY version').all();
  db.close();
  return rows.map((row) => ({ ...row }));
}

test('a store does nothing before its first verb', async () => {
  const path = databasePath();
  const store = sqliteStore({ path });
  expect(existsSync(path)).toBe(false);
  await store.close();
  expect(existsSync(path)).toBe(false);
});

test('a fresh file gets the schema once, and what it holds is there when it is opened again', async () => {
  const path = databasePath();
  const first = openStore(path);
  await numberOn(first).create();
  await first.close();
  const expected = [
    { version: 1, name: '0001-numbers' },
    { version: 2, name: '0002-counters-and-claims' },
  ];
  expect(ledger(path)).toEqual(expected);
  const again = openStore(path);
  expect((await numberOn(again).find())?.status).toBe('pending');
  expect(ledger(path)).toEqual(expected);
});

test('only the owner may read what a store makes, and a file that was there keeps its mode', async () => {
  const path = databasePath();
  const store = openStore(path);
  await numberOn(store).create();
  for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  await store.close();
  chmodSync(path, 0o640);
  await numberOn(openStore(path)).find();
  expect(statSync(path).mode & 0o777).toBe(0o640);
});

test('a path without a file behind it is refused at once', () => {
  for (const path of ['', ':memory:']) expect(() => sqliteStore({ path })).toThrow(ConfigurationError);
});

test('while the directory is missing every verb fails, and then no more', async () => {
  const path = join(dirname(databasePath()), 'missing', 'phoneproof.db');
  const store = openStore(path);
  for (const verb of [() => store.ping(), () => numberOn(store).begin(), () => store.prune()]) {
    await expect(verb()).rejects.toMatchObject({ code: 'store_unavailable', cause: { code: 'ENOENT' } });
  }
  mkdirSync(dirname(path));
  await numberOn(store).create();
});

test('what is no database is refused and left as it is, and the next verb tries anew', async () => {
  const path = databasePath();
  const letter = 'Dear diary, '.repeat(1_000);
  writeFileSync(path, letter);
  const store = openStore(path);
  await expect(numberOn(store).begin()).rejects.toThrow(StoreError);
  expect(readFileSync(path, 'utf8')).toBe(letter);
  rmSync(path);
  await numberOn(store).create();
});

test("another program's database is refused and left as it is", async () => {
  const path = databasePath();
  const other = openRaw(path);
  other.exec('CREATE TABLE migrations (id INTEGER); INSERT INTO migrations VALUES (1)');
  other.close();
  const before = readFileSync(path);
  const store = openStore(path);
  await expect(store.ping()).rejects.toThrow(StoreError);
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(existsSync(`${path}-wal`)).toBe(false);
});

test('a database of a newer version is refused and left as it is', async () => {
  const path = databasePath();
  const store = openStore(path);
  await numberOn(store).create();
  await store.close();
  const newer = openRaw(path);
  newer.exec(`INSERT INTO phoneproof_migrations VALUES (3, '0003-not-yet', 0)`);
  newer.close();
  const before = readFileSync(path);
  const older = openStore(path);
  for (let i = 0; i < 2; i += 1) await expect(numberOn(older).begin()).rejects.toThrow(StoreError);
  await older.close();
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('closing moves the log into the file, and what comes later is refused', async () => {
  const path = databasePath();
  const store = openStore(path);
  const asked = numberOn(store).create();
  const closed = store.close();
  await expect(numberOn(store).begin()).rejects.toThrow(StoreError);
  await asked;
  await closed;
  await store.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
  for (const verb of [() => store.ping(), () => store.prune(), () => numberOn(store).check('111111')]) {
    await expect(verb()).rejects.toMatchObject({ code: 'store_unavailable' });
  }
  expect((await numberOn(openStore(path)).find())?.status).toBe('pending');
});

test('closing one store leaves another on the same file as it is', async () => {
  const path = databasePath();
  const [one, other] = [openStore(path), openStore(path)];
  await numberOn(one).create();
  await numberOn(other).guess(1);
  await one.close();
  await numberOn(other).guess(1);
  expect((await numberOn(openStore(path)).find())?.checksLeft).toBe(3);
});

test('a connection waits for the disk at every commit, overwrites what it deletes and never waits for a lock', () => {
  const db = openRaw(databasePath());
  db.exec(connectionPragmas);
  const set = (pragma: string) => Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
  expect({
    // https://www.sqlite.org/pragma.html#pragma_synchronous: 2 is FULL.
    synchronous: set('synchronous'),
    secure_delete: set('secure_delete'),
    busy_timeout: set('busy_timeout'),
  }).toEqual({ synchronous: 2, secure_delete: 1, busy_timeout: 0 });
});
