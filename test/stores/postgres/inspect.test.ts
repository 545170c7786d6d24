import { expect, onTestFinished, test } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import { numberOn } from '../../../src/testing/store-cases/number.ts';
import { startPostgres } from '../../servers/postgres.ts';
import { freshDatabase, migratedDatabase } from './database.ts';

test('a server that keeps what it answered has no dangers', async () => {
  const server = await startPostgres({ settings: { fsync: 'on', full_page_writes: 'on' } });
  onTestFinished(() => server.stop());
  expect(await (await freshDatabase(server.url)).open().inspect()).toEqual([]);
});

test('a server that may lose what it answered is told of, setting by setting', async () => {
  const server = await startPostgres({ settings: { synchronous_commit: 'off' } });
  onTestFinished(() => server.stop());
  const dangers = await (await freshDatabase(server.url)).open().inspect();
  expect(dangers).toHaveLength(3);
  for (const setting of ['synchronous_commit', 'fsync', 'full_page_writes']) {
    expect(dangers.filter((danger) => danger.includes(`(${setting} is off)`))).toHaveLength(1);
  }
});

test('a replica is told of, and no verb believes it', async () => {
  const database = await migratedDatabase();
  await numberOn(database.open()).create();
  // A function that stands before the server's own, so that this server says it is one.
  await database.sql(`CREATE FUNCTION $schema.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true'`);
  const store = database.open({
    pool: database.pool({ options: `-c search_path=${database.schema},pg_catalog` }),
  });
  expect((await store.inspect()).filter((danger) => danger.includes('replica'))).toHaveLength(1);
  await expect(numberOn(store).find()).rejects.toThrow(/replica/);
  await expect(numberOn(store).check('111111')).rejects.toThrow(/replica/);
  await expect(store.ping()).rejects.toThrow(StoreError);
});

test('a server that only reads is told by those who write', async () => {
  const database = await migratedDatabase();
  const store = database.open({ pool: database.pool({ options: '-c default_transaction_read_only=on' }) });
  await expect(numberOn(store).begin()).rejects.toThrow(/read_only_sql_transaction/);
});
