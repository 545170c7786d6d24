import { expect, onTestFinished, test } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import type { Store } from '../../../src/stores/store.ts';
import { virtualClock } from '../../../src/testing/clock.ts';
import { broadLimit } from '../../../src/testing/store-cases/broad-limit.ts';
import { allAtOnce } from '../../../src/testing/store-cases/case.ts';
import { dayMs, hourMs, idOf, minuteMs, numberOn, secretOf } from '../../../src/testing/store-cases/number.ts';
import { startPostgres } from '../../servers/postgres.ts';
import { migratedDatabase, type Database } from './database.ts';

const numbers = 1_000;

const countOf = async ({ sql }: Database, table: string) =>
  Number((await sql(`SELECT count(*)::int AS count FROM $schema.${table}`))[0]?.['count']);

/** Of each three numbers one is approved, one guessed wrong and one left as it is; all under limits that they share, each asked for once. */
async function useNumbers(store: Store, prefix: string): Promise<void> {
  const groups = 10;
  for (let group = 0; group < groups; group += 1) {
    await allAtOnce(numbers / groups, async (index) => {
      const name = `${prefix} ${group} ${index}`;
      const number = numberOn(store, { name });
      await number.create({ broadLimits: [broadLimit(`${prefix} ${index % 7}`, 1_000, hourMs)] });
      if (index % 3 === 0) await number.check('111111');
      if (index % 3 === 1) await number.guess(2);
      const claim = { key: idOf(name), fingerprint: idOf('a'), token: idOf('b'), leaseMs: minuteMs, keepMs: dayMs };
      if (index % 2 === 0) await store.claim(claim);
    });
  }
}

// On a server of its own: transactions of others keep old rows from being cleared away.
test(
  'when all lifetimes are over prune leaves no row, and tables and indexes do not grow with the next numbers',
  { timeout: 120_000 },
  async () => {
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    const database = await migratedDatabase(server.url);
    const clock = virtualClock();
    const store = database.open({ clock: clock.now });
    const bytes = async () => {
      const [row] = await database.sql(
        `SELECT sum(pg_total_relation_size(oid))::text AS bytes FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace($1)`,
        [database.schema],
      );
      return Number(row?.['bytes']);
    };
    const sizes: number[] = [];
    for (const round of ['first', 'second', 'third', 'fourth', 'fifth']) {
      await useNumbers(store, round);
      expect(await countOf(database, 'numbers')).toBe(numbers);
      sizes.push(await bytes());
      clock.advance(366 * dayMs);
      while ((await store.prune({ max: 300 })) === 300);
      for (const table of ['numbers', 'broad_limits', 'claims']) expect(await countOf(database, table)).toBe(0);
      await database.sql('VACUUM $schema.numbers, $schema.broad_limits, $schema.claims');
    }
    // Pages of indexes that have become empty are used again one vacuum later.
    expect(sizes[4]).toBeLessThan((sizes[2] ?? 0) * 1.1);
  },
);

test('a prune takes no more than it was told to, however the server plans it', async () => {
  const database = await migratedDatabase();
  const clock = virtualClock();
  const methods = ['hashjoin', 'mergejoin', 'hashagg', 'sort', 'material', 'memoize'];
  const options = ['-c jit=off', ...methods.map((method) => `-c enable_${method}=off`)].join(' ');
  const store = database.open({ clock: clock.now, pool: database.pool({ options }) });
  await useNumbers(database.open({ clock: clock.now }), 'any');
  clock.advance(366 * dayMs);
  const tables = ['numbers', 'broad_limits', 'claims'];
  const left = async () =>
    (await Promise.all(tables.map((table) => countOf(database, table)))).reduce((sum, count) => sum + count);
  let before = await left();
  for (let touched = 300; touched === 300; before = await left()) {
    touched = await store.prune({ max: 300 });
    expect(touched).toBeLessThanOrEqual(300);
    expect(await left()).toBe(before - touched);
  }
  expect(before).toBe(0);
});

// On a server of its own too.
test('a checked number changes no index, and its row stays in its page', { timeout: 60_000 }, async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const database = await migratedDatabase(server.url);
  const store = database.open();
  await allAtOnce(50, async (index) => {
    const number = numberOn(store, { name: `number ${index}` });
    await number.create();
    await number.guess(3);
  });
  const updates = async () => {
    // Statistics of other sessions arrive with a delay; of idle ones at the latest after a second.
    const [row] = await database.sql(
      `SELECT n_tup_upd::int AS all, n_tup_hot_upd::int AS hot FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = 'numbers'`,
      [database.schema],
    );
    return row as unknown as { all: number; hot: number };
  };
  await expect.poll(async () => (await updates()).all, { timeout: 20_000 }).toBe(150);
  expect((await updates()).hot).toBeGreaterThan(120);
});

test('a prune beside acts on the same numbers loses none of them', { timeout: 60_000 }, async () => {
  const database = await migratedDatabase();
  const clock = virtualClock();
  const [store, other] = [database.open({ clock: clock.now }), database.open({ clock: clock.now })];
  const names = Array.from({ length: 100 }, (_, index) => `number ${index}`);
  await Promise.all(names.map((name) => numberOn(store, { name }).create()));
  clock.advance(6 * minuteMs); // every code has expired
  const begun = Promise.all(names.map((name) => numberOn(store, { name }).create({ code: '222222' })));
  const pruned = await allAtOnce(6, (index) => (index % 2 === 0 ? store : other).prune({ max: 40 }));
  await begun;
  expect(Math.max(...pruned)).toBeLessThanOrEqual(40);
  while ((await other.prune({ max: 40 })) === 40);
  const checked = await Promise.all(names.map((name) => numberOn(other, { name }).check('222222')));
  expect(checked.every(({ outcome }) => outcome === 'approved')).toBe(true);
  const [row] = await database.sql('SELECT string_agg(record, $1) AS records FROM $schema.numbers', [' ']);
  const old = Buffer.from(secretOf('111111').digest).toString('base64url');
  expect(row?.['records']).not.toContain(old);
});

test('prune passes rows that a transaction holds and records that it cannot read, and takes all others', async () => {
  const database = await migratedDatabase();
  const clock = virtualClock();
  const store = database.open({ clock: clock.now });
  const names = Array.from({ length: 10 }, (_, index) => `number ${index}`);
  await Promise.all(names.map((name) => numberOn(store, { name }).create()));
  const [spoilt, held] = [idOf('number 0'), idOf('number 1')];
  await database.sql(`UPDATE $schema.numbers SET record = 'garbage', due_at_ms = 1 WHERE subject = $1`, [spoilt]);
  const holder = await database.pool().connect();
  await holder.query('BEGIN');
  await holder.query(`UPDATE "${database.schema}".numbers SET due_at_ms = 1 WHERE subject = $1`, [held]);
  clock.advance(366 * dayMs);
  const touched: number[] = [];
  for (let i = 0; i < 6; i += 1) touched.push(await store.prune({ max: 2 }));
  expect(touched).toEqual([2, 2, 2, 2, 1, 0]);
  const left = async () => (await database.sql('SELECT subject FROM $schema.numbers')).map(({ subject }) => subject);
  expect(new Set(await left())).toEqual(new Set([spoilt, held]));
  await holder.query('ROLLBACK');
  holder.release();
  expect(await store.prune()).toBe(1);
  expect(await left()).toEqual([spoilt]);
  await expect(numberOn(store, { name: 'number 0' }).begin()).rejects.toThrow(StoreError);
});

test('without anybody who prunes, a store that is used takes out what has ended', async () => {
  const database = await migratedDatabase();
  const clock = virtualClock();
  const before = database.open({ clock: clock.now });
  await allAtOnce(30, (index) => numberOn(before, { name: `number ${index}` }).create());
  await before.close();
  clock.advance(366 * dayMs);
  const store = database.open({ clock: clock.now });
  await numberOn(store, { name: 'the first begin' }).create();
  await store.close();
  expect(await countOf(database, 'numbers')).toBe(1);
});
