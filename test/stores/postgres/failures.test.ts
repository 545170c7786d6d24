import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { Pool } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import { allAtOnce } from '../../../src/testing/store-cases/case.ts';
import { broadLimit } from '../../../src/testing/store-cases/broad-limit.ts';
import { hourMs, idOf, numberOn, requestsOf, secretOf, usualLimits } from '../../../src/testing/store-cases/number.ts';
import { startPgBouncer } from '../../servers/pgbouncer.ts';
import { startPostgres } from '../../servers/postgres.ts';
import { freshDatabase, migratedDatabase, type Database } from './database.ts';

/** Waits for what is so in a moment. */
async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()));
}

/** Holds up every write of numbers: a trigger that waits for an advisory lock, which another session has until it lets go. */
async function heldUp(database: Database, event: 'INSERT' | 'UPDATE'): Promise<() => Promise<unknown>> {
  const holder = await database.pool().connect();
  const key = Number.parseInt(database.schema.slice(-7), 16);
  await database.sql(`
    CREATE FUNCTION $schema.wait() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS
    $$ BEGIN PERFORM pg_advisory_xact_lock(${key}); RETURN NEW; END $$`);
  await database.sql(
    `CREATE TRIGGER wait BEFORE ${event} ON $schema.numbers FOR EACH ROW EXECUTE FUNCTION $schema.wait()`,
  );
  await holder.query('SELECT pg_advisory_lock($1)', [key]);
  const letGo = async (): Promise<unknown> => holder.query('SELECT pg_advisory_unlock_all()');
  onTestFinished(async () => {
    await letGo();
    holder.release();
  });
  return letGo;
}

const waitingSessions = (database: Database) =>
  database.sql(
    `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()`,
    [database.schema],
  );

test('a session that is terminated in the middle of an act rejects, has done nothing, and the next act works', async () => {
  const database = await migratedDatabase();
  const store = database.open();
  const number = numberOn(store);
  const { nonce } = await number.create();
  const letGo = await heldUp(database, 'UPDATE');
  const checked = number.check('111111').catch((error: unknown) => error);
  await eventually(async () => (await waitingSessions(database)).length === 1);
  await database.sql('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [
    (await waitingSessions(database)).map(({ pid }) => Number(pid)),
  ]);
  const error = await checked;
  expect(error).toBeInstanceOf(StoreError);
  expect((error as StoreError).message).toContain('admin_shutdown');
  await letGo();
  expect(await number.find({ nonce })).toMatchObject({ status: 'pending', checksLeft: 5 });
  expect((await number.check('111111')).outcome).toBe('approved');
});

test('idle sessions that are terminated cost no more than the acts that meet them', async () => {
  const database = await migratedDatabase();
  const pool = database.pool({ max: 3, application_name: database.schema });
  const store = database.open({ pool });
  await allAtOnce(10, (index) => numberOn(store, { name: `number ${index}` }).create());
  await database.sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
    database.schema,
  ]);
  for (let tries = 0; tries < 3; tries += 1)
    await numberOn(store)
      .begin()
      .catch(() => {});
  expect((await numberOn(store, { name: 'after it' }).begin()).outcome).toBe('created');
});

test('an act that the server does not answer rejects after two seconds, and its judgement is not written later', async () => {
  const database = await migratedDatabase();
  const store = database.open();
  const number = numberOn(store);
  await number.create();
  const letGo = await heldUp(database, 'UPDATE');
  const startedAtMs = performance.now();
  await expect(number.check('111111')).rejects.toThrow(/the server did not answer/);
  const tookMs = performance.now() - startedAtMs;
  expect(tookMs).toBeGreaterThan(1_900);
  expect(tookMs).toBeLessThan(2_900);
  await letGo();
  await eventually(async () => (await waitingSessions(database)).length === 0);
  // The whole act or nothing of it.
  const told = await number.find();
  expect(told === null || told.checksLeft === 5).toBe(true);
});

test('a pool that has no connection to give rejects after two seconds, and what was asked is not done later', async () => {
  const database = await migratedDatabase();
  const pool = database.pool({ max: 1 });
  const store = database.open({ pool });
  const holder = await pool.connect();
  const startedAtMs = performance.now();
  const asked = await Promise.allSettled([
    numberOn(store).begin(),
    numberOn(store).find(),
    store.ping(),
    numberOn(store, { name: 'another number' }).begin(),
  ]);
  expect(performance.now() - startedAtMs).toBeLessThan(2_900);
  for (const one of asked) {
    expect(one).toMatchObject({ status: 'rejected', reason: expect.any(StoreError) });
    expect(String((one as PromiseRejectedResult).reason)).toContain('no connection of the pool came free');
  }
  holder.release();
  await store.ping();
  expect(await numberOn(store).find()).toBeNull();
  expect((await numberOn(store).begin()).outcome).toBe('created');
  expect([pool.totalCount, pool.waitingCount]).toEqual([1, 0]);
});

test('a server that stands still rejects in time, and is used again as soon as it goes on', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const database = await migratedDatabase(server.url);
  const store = database.open();
  await numberOn(store).create();
  await server.pause();
  const startedAtMs = performance.now();
  const asked = await Promise.allSettled([numberOn(store).check('111111'), numberOn(store, { name: 'other' }).begin()]);
  expect(performance.now() - startedAtMs).toBeLessThan(2_900);
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  server.resume();
  await store.ping();
  const checked = await numberOn(store).check('111111');
  expect(['approved', 'not_found']).toContain(checked.outcome);
});

test('a server that is killed and comes back has all that was answered', async () => {
  const server = await startPostgres({ settings: { fsync: 'on' } });
  onTestFinished(() => server.stop());
  const database = await migratedDatabase(server.url);
  const store = database.open();
  const { nonce } = await numberOn(store).create();
  await numberOn(store).guess(2);
  await server.kill();
  await expect(numberOn(store).check('111111')).rejects.toThrow(StoreError);
  await server.restart();
  // A session that met its end only now.
  for (let tries = 0; tries < 4; tries += 1) await store.ping().catch(() => {});
  expect(await numberOn(store).find({ nonce })).toMatchObject({ status: 'pending', checksLeft: 3 });
});

test('a PgBouncer with one session for everybody serves them all', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const bouncer = await startPgBouncer({ postgresUrl: server.url, settings: { default_pool_size: '1' } });
  onTestFinished(() => bouncer.stop());
  const database = await migratedDatabase(bouncer.url);
  const stores = [database.open(), database.open()] as const;
  await numberOn(stores[0]).create();
  const outcomes = await allAtOnce(60, (index) => numberOn(stores[index % 2 === 0 ? 0 : 1]).check('111111'));
  expect(outcomes.filter(({ outcome }) => outcome === 'approved')).toHaveLength(1);
  const numbers = await allAtOnce(60, (index) =>
    numberOn(stores[index % 2 === 0 ? 0 : 1], { name: `${index}` }).begin(),
  );
  expect(numbers.every(({ outcome }) => outcome === 'created')).toBe(true);
});

test('nobody listening, a wrong password, a wrong database: rejected in time, without the address', async () => {
  const nobody = createServer().listen(0, '127.0.0.1');
  await once(nobody, 'listening');
  const { port } = nobody.address() as AddressInfo;
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  nobody.close();
  await once(nobody, 'close');
  const { sql } = await freshDatabase();
  const [{ port: own } = {}] = await sql(`SELECT current_setting('port') AS port`);
  for (const [address, word] of [
    [`postgres://somebody:secretword@127.0.0.1:${port}/db`, 'ECONNREFUSED'],
    [
      `postgres://somebody:secretword@127.0.0.1:${own}/nosuchdb`,
      /invalid_(?:catalog_name|authorization_specification)|28000/,
    ],
    [
      `postgres://somebody:secretword@127.0.0.1:${(silent.address() as AddressInfo).port}/db`,
      'no connection of the pool',
    ],
    ['postgres://somebody:secretword@[bad', 'ERR_INVALID_URL'],
  ] as const) {
    const pool = new Pool({ connectionString: address });
    pool.on('error', () => {});
    onTestFinished(() => void pool.end());
    const error: unknown = await numberOn((await freshDatabase()).open({ pool }))
      .begin()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect((error as StoreError).message).toMatch(word);
    expect(`${String(error)} ${JSON.stringify(error)} ${String((error as StoreError).cause)}`).not.toMatch(
      /secretword|somebody|127\.0\.0\.1/,
    );
  }
});

test('what the server says about a statement, and its parameters, is in no error', async () => {
  const database = await migratedDatabase();
  const pool = database.pool({ max: 1, options: '-c log_parameter_max_length_on_error=-1' });
  const session = async () => (await pool.query('SELECT pg_backend_pid() AS pid')).rows;
  const before = await session();
  const store = database.open({ pool });
  await database.sql('ALTER TABLE $schema.numbers ADD CHECK (length(record) < 10)');
  const error: unknown = await numberOn(store)
    .begin()
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StoreError);
  const all = [error, (error as StoreError).cause].flatMap((one) => [
    String(one),
    JSON.stringify(one, Object.getOwnPropertyNames(one ?? {})),
  ]);
  const { digest } = secretOf('111111');
  for (const secret of [idOf('a number'), Buffer.from(digest).toString('base64url'), 'sealed', 'record']) {
    expect(all.join()).not.toContain(secret);
  }
  expect(await session()).toEqual(before);
});

test('a role that may not, is told what it needs', async () => {
  const database = await migratedDatabase();
  await database.sql('CREATE ROLE $schema LOGIN');
  onTestFinished(() => void database.sql('DROP OWNED BY $schema; DROP ROLE $schema').catch(() => {}));
  const pool = database.pool({ user: database.schema, options: `-c role=${database.schema}` });
  await pool.query(`SET ROLE "${database.schema}"`);
  const store = database.open({ pool });
  await expect(numberOn(store).begin()).rejects.toThrow(/insufficient_privilege/);
  await database.sql('GRANT USAGE ON SCHEMA $schema TO $schema');
  await database.sql('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA $schema TO $schema');
  const limit = broadLimit('address', 3, hourMs);
  await numberOn(store).create({ broadLimits: [limit] });
  expect((await numberOn(store).check('111111')).outcome).toBe('approved');
  await store.prune();
  // Up to date, and so nothing to do that it may not.
  expect(await store.migrate()).toEqual([]);
});

test('an act that throws is told so, and those that share its read are done', async () => {
  const database = await migratedDatabase();
  const store = database.open({ pool: database.pool({ max: 1 }) });
  const number = numberOn(store);
  await number.create();
  const broken = store.check({
    ...requestsOf('a number', usualLimits).check('111111'),
    digests: [{ keyId: 'key-1', digest: new Uint8Array(3) }],
  });
  const asked = [number.check('000000'), broken, number.check('111111')];
  const [first, second, third] = await Promise.allSettled(asked);
  expect(first).toMatchObject({ status: 'fulfilled', value: { outcome: 'incorrect' } });
  expect(second).toMatchObject({ status: 'rejected', reason: expect.any(RangeError) });
  expect(third).toMatchObject({ status: 'fulfilled', value: { outcome: 'approved' } });
});

test('a closed store has finished, gives back every connection, and does nothing more', async () => {
  const database = await migratedDatabase();
  const pool = database.pool({ max: 2 });
  const store = database.open({ pool });
  const asked = allAtOnce(20, (index) => numberOn(store, { name: `number ${index}` }).create());
  await store.close();
  expect(pool.idleCount).toBe(pool.totalCount);
  await asked;
  await expect(numberOn(store).begin()).rejects.toThrow(StoreError);
  await expect(store.ping()).rejects.toThrow(StoreError);
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});
