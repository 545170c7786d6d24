import { expect, onTestFinished, test } from 'vitest';
import { ConfigurationError, StoreError } from '../../../src/errors.ts';
import { migrationSql, postgresStore } from '../../../src/stores/postgres/index.ts';
import { migrate } from '../../../src/stores/postgres/migrate.ts';
import { allAtOnce } from '../../../src/testing/store-cases/case.ts';
import { idOf, numberOn } from '../../../src/testing/store-cases/number.ts';
import { startPostgres } from '../../servers/postgres.ts';
import { freshSchemaName, pgbouncerUrl } from '../../servers/shared.ts';
import { besideStatements, freshDatabase, migratedDatabase, type Database } from './database.ts';

const names = ['0001-numbers-broad-limits-claims'];

/** Everything that was created, without the schema's name. */
async function catalogue({ schema, sql }: Database): Promise<string> {
  const objects = await Promise.all([
    sql(
      `SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name
       FROM information_schema.columns WHERE table_schema = $1 ORDER BY 1, ordinal_position`,
      [schema],
    ),
    sql('SELECT indexdef FROM pg_indexes WHERE schemaname = $1 ORDER BY 1', [schema]),
    sql(
      `SELECT relname, relkind, reloptions FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) ORDER BY 1`,
      [schema],
    ),
    sql(
      `SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) ORDER BY 1`,
      [schema],
    ),
    sql('SELECT version, name FROM $schema.migrations ORDER BY 1'),
  ]);
  return JSON.stringify(objects).replaceAll(schema, 'schema');
}

test('before it is migrated every verb rejects and says what to run', async () => {
  const store = (await freshDatabase()).open();
  const number = numberOn(store);
  const claim = { key: idOf('key'), fingerprint: idOf('a'), token: idOf('b'), leaseMs: 1, keepMs: 1 };
  for (const verb of [
    () => store.bindSubjectKey('key', { accept: false }),
    () => number.begin(),
    () => number.begin({ broadLimits: [{ name: 'address', key: idOf('address'), max: 1, windowMs: 1_000 }] }),
    () => number.check('111111'),
    () => number.settle(idOf('nonce'), 1, 'accepted'),
    () => number.cancel(),
    () => number.approve(),
    () => number.find(),
    () => number.lookup(),
    () => number.unlock(),
    () => number.erase(),
    () => store.claim(claim),
    () => store.complete({ ...claim, answer: null }),
    () => store.prune(),
    () => store.ping(),
  ]) {
    const error: unknown = await verb().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect((error as StoreError).message).toContain('phoneproof migrate');
  }
});

test('migrating a fresh schema tells what was applied, and doing it again changes nothing', async () => {
  const database = await freshDatabase();
  const store = database.open();
  expect(await store.migrate()).toEqual(names);
  const before = await catalogue(database);
  await numberOn(store).create();
  expect(await store.migrate()).toEqual([]);
  expect(await catalogue(database)).toBe(before);
  expect(await numberOn(store).find()).not.toBeNull();
});

test.each([
  ['PostgreSQL', undefined],
  ['PgBouncer', await pgbouncerUrl()],
])('of four that migrate at once on %s one does and all are done', async (_name, url) => {
  const database = await freshDatabase(url);
  const applied = await allAtOnce(4, async () => {
    const store = database.open();
    const done = await store.migrate();
    await store.ping();
    return done;
  });
  expect(applied.flat()).toEqual(names);
  expect(await database.sql('SELECT version, name FROM $schema.migrations')).toEqual([{ version: 1, name: names[0] }]);
});

test('a schema of a newer version is refused and left as it is; the verbs that it still has work', async () => {
  const database = await migratedDatabase();
  const store = database.open();
  await database.sql(`INSERT INTO $schema.migrations (version, name) VALUES (99, '0099-later')`);
  const before = await catalogue(database);
  await expect(store.migrate()).rejects.toThrow(StoreError);
  expect(await catalogue(database)).toBe(before);
  await store.ping();
  await numberOn(store).create();
});

test('a schema of an older version is told by ping', async () => {
  const database = await migratedDatabase();
  await database.sql('DELETE FROM $schema.migrations');
  await expect(database.open().ping()).rejects.toThrow('phoneproof migrate');
});

test.each(['migrations', 'accounts'])(
  'a schema with %s of something else is refused and left as it is',
  async (table) => {
    const database = await freshDatabase();
    await database.sql('CREATE SCHEMA $schema');
    await database.sql(`CREATE TABLE $schema.${table} (id text)`);
    await expect(database.open().migrate()).rejects.toThrow(StoreError);
    const tables = await database.sql('SELECT tablename FROM pg_tables WHERE schemaname = $1', [database.schema]);
    expect(tables).toEqual([{ tablename: table }]);
  },
);

test('what fails in the middle leaves nothing behind, and the pool as it was', async () => {
  const database = await freshDatabase();
  await database.sql('CREATE SCHEMA $schema');
  await database.sql(`CREATE FUNCTION $schema.write_number() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
  await database.sql('CREATE DOMAIN $schema.claims AS text');
  const pool = database.pool({ max: 1 });
  await expect(database.open({ pool }).migrate()).rejects.toThrow(StoreError);
  expect((await pool.query('SELECT now() = statement_timestamp() AS outside')).rows).toEqual([{ outside: true }]);
  expect(await database.sql('SELECT tablename FROM pg_tables WHERE schemaname = $1', [database.schema])).toEqual([]);
});

test.each([`o'dd "name"; -- $schema \\ %I`, 'ÜBER groß', 'select'])('the schema %j is quoted', async (name) => {
  const database = await freshDatabase(undefined, `${freshSchemaName()} ${name}`);
  const store = database.open();
  expect(await store.migrate()).toEqual(names);
  await store.ping();
  const number = numberOn(store);
  await number.create({ broadLimits: [{ name: 'address', key: idOf('address'), max: 9, windowMs: 60_000 }] });
  await number.guess(1);
  expect((await number.check('111111')).outcome).toBe('approved');
  const claim = { key: idOf('key'), fingerprint: idOf('a'), token: idOf('b'), leaseMs: 9_000, keepMs: 9_000 };
  expect((await store.claim(claim)).outcome).toBe('claimed');
  await store.complete({ ...claim, answer: new Uint8Array([1]) });
  expect((await store.claim(claim)).outcome).toBe('completed');
  await store.prune();
});

test.each(['', 'pg_own', 'x'.repeat(64), 'a\0b', 'a$$b'])('the schema %j is no name', (schema) => {
  const pool = { connect: () => Promise.reject(new Error('nobody connects')) };
  expect(() => postgresStore({ pool, schema })).toThrow(ConfigurationError);
});

/** Holds a lock until `letGo`. */
async function heldLock(database: Database, lock: string): Promise<{ pid: number; letGo(): Promise<void> }> {
  const holder = await database.pool().connect();
  const { rows } = await holder.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  await holder.query('BEGIN');
  await holder.query(lock.replaceAll('$schema', database.schema));
  return {
    pid: rows[0]?.pid ?? 0,
    async letGo() {
      await holder.query('ROLLBACK');
      holder.release();
    },
  };
}

const migrating = `SELECT pg_advisory_xact_lock(hashtextextended('phoneproof $schema', 0))`;
const ledger = 'LOCK TABLE $schema.migrations IN ACCESS EXCLUSIVE MODE';
const soon = { answerMs: 5_000, locksMs: 1_500, applyMs: 5_000 };

test('somebody who holds the lock is waited for, and in the end named', async () => {
  const database = await freshDatabase();
  const { pid, letGo } = await heldLock(database, migrating);
  await expect(migrate(database.pool(), database.schema, soon)).rejects.toThrow(
    new RegExp(`process ${pid} holds a lock`),
  );
  const migrated = migrate(database.pool(), database.schema, { ...soon, locksMs: 20_000 });
  await letGo();
  expect(await migrated).toEqual(names);
});

test('somebody who holds the ledger is waited for, and in the end named', async () => {
  const database = await migratedDatabase();
  const { pid, letGo } = await heldLock(database, ledger);
  const pool = database.pool({ max: 1 });
  await expect(migrate(pool, database.schema, soon)).rejects.toThrow(new RegExp(`process ${pid} holds a lock`));
  // The connection is as good as before.
  expect((await pool.query('SHOW lock_timeout')).rows).toEqual([{ lock_timeout: '0' }]);
  const migrated = migrate(pool, database.schema, { ...soon, locksMs: 20_000 });
  await letGo();
  expect(await migrated).toEqual([]);
});

test('what is up to date needs no lock', async () => {
  const database = await migratedDatabase();
  const { letGo } = await heldLock(database, migrating);
  expect(await migrate(database.pool(), database.schema, soon)).toEqual([]);
  await letGo();
});

test('a server that stands still is told of in time, whether a connection was there or not', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const database = await freshDatabase(server.url);
  const pool = database.pool({ max: 1 });
  await pool.query('SELECT 1 AS one');
  await server.pause();
  const times = { ...soon, answerMs: 500 };
  for (const some of [pool, database.pool({ max: 1 })]) {
    const startedAtMs = performance.now();
    await expect(migrate(some, database.schema, times)).rejects.toThrow(StoreError);
    expect(performance.now() - startedAtMs).toBeLessThan(1_500);
  }
  server.resume();
  expect(await migrate(pool, database.schema)).toEqual(names);
});

test('who gets the lock after another has migrated finds it done, whatever isolation level is usual', async () => {
  const database = await freshDatabase();
  let isFirst = true;
  const pool = besideStatements(database.pool({ options: '-c default_transaction_isolation=serializable' }), {
    async before({ text }) {
      if (!isFirst || !text.includes('pg_try_advisory_xact_lock')) return;
      isFirst = false;
      await database.open().migrate();
    },
  });
  expect(await migrate(pool, database.schema)).toEqual([]);
  expect(isFirst).toBe(false);
});

test('the SQL that is printed does what migrating does', async () => {
  const [migrated, printed] = [await migratedDatabase(), await freshDatabase()];
  await printed.sql(migrationSql({ schema: printed.schema }));
  expect(await catalogue(printed)).toBe(await catalogue(migrated));
  expect(await printed.open().migrate()).toEqual([]);
});

test('the SQL that is printed can be run on a schema that a database administrator made', async () => {
  const database = await freshDatabase();
  await database.sql('CREATE SCHEMA $schema');
  await database.sql(migrationSql({ schema: database.schema }));
  await database.open().ping();
});
