import fc from 'fast-check';
import type { Pool } from 'pg';
import { expect, test } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import { emptyCount, take } from '../../../src/stores/broad-limits.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { firstCounting } from '../../../src/stores/postgres/broad-charges.ts';
import type { Store } from '../../../src/stores/store.ts';
import { virtualClock } from '../../../src/testing/clock.ts';
import { diceOf } from '../../../src/testing/dice.ts';
import { broadLimit, expectLeft, sendUnder } from '../../../src/testing/store-cases/broad-limit.ts';
import { allAtOnce } from '../../../src/testing/store-cases/case.ts';
import { hourMs, idOf, manySends, minuteMs, numberOn } from '../../../src/testing/store-cases/number.ts';
import { besideStatements, isWrite, migratedDatabase } from './database.ts';

/** The pool, but something happens before the first write of a number. */
function beforeFirstWrite(pool: Pool, happen: () => unknown) {
  let isFirst = true;
  return besideStatements(pool, {
    async before(query) {
      if (!isFirst || !isWrite(query)) return;
      isFirst = false;
      await happen();
    },
  });
}

test('the first sixtieth that counts is the first that a take keeps', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400_000 }), fc.integer({ min: 0, max: 10_000_000 }), (windowMs, nowMs) => {
      const count = emptyCount();
      const around = firstCounting(windowMs, nowMs);
      count.buckets = [-2, -1, 0, 1, 2].map((off) => ({ at: around + off, count: 1 }));
      take(count, { name: 'limit', key: 'key', max: 1, windowMs }, nowMs);
      expect(count.buckets[0]?.at).toBe(around);
    }),
  );
});

test(
  'begins under the same limits in any order do not wait for each other in a circle',
  { timeout: 60_000 },
  async () => {
    const database = await migratedDatabase();
    const stores = Array.from({ length: 4 }, () => database.open());
    const limits = Array.from({ length: 6 }, (_, index) => broadLimit(`limit ${index}`, 100, hourMs));
    const dice = diceOf(1);
    const deadlocks = async () =>
      (await database.sql('SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()'))[0];
    const before = await deadlocks();
    const outcomes = await allAtOnce(160, (index) => {
      const shuffled = limits.toSorted(() => dice.roll(3) - 1);
      return sendUnder(stores[index % 4]!, ...shuffled);
    });
    expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(100);
    expect(outcomes.filter(({ outcome }) => outcome === 'refused')).toHaveLength(60);
    for (const limit of limits) await expectLeft(stores[0]!, limit, 0);
    expect(await deadlocks()).toEqual(before);
  },
);

test('begins of one number that share a write are each judged by their own maximum', async () => {
  const database = await migratedDatabase();
  const store = database.open({ pool: database.pool({ max: 1 }) });
  const number = numberOn(store, { limits: manySends });
  const limit = broadLimit('tenant', 2, hourMs);
  const begun = await Promise.all(
    [2, 2, 5, 2, 5, 5, 5].map((max) => number.begin({ broadLimits: [{ ...limit, max }] })),
  );
  expect(begun.map(({ outcome }) => outcome)).toEqual([
    'created',
    'repeated',
    'repeated',
    'refused',
    'repeated',
    'repeated',
    'refused',
  ]);
  await expectLeft(store, { ...limit, max: 6 }, 1);
});

test('of begins that share a write none goes through for which too many were sent meanwhile', async () => {
  const database = await migratedDatabase();
  const limit = broadLimit('tenant', 1, hourMs);
  const spender = database.open();
  const slow = database.open({ pool: beforeFirstWrite(database.pool(), () => sendUnder(spender, limit)) });
  const number = numberOn(slow, { limits: manySends });
  const begun = [1, 5].map((max) => number.begin({ broadLimits: [{ ...limit, max }] }));
  expect((await Promise.all(begun)).map(({ outcome }) => outcome)).toEqual(['refused', 'created']);
});

// Whichever of the two is taken first.
test.each([
  ['one', 'other'],
  ['other', 'one'],
])(
  'what was spent of limit %s between the judgement and its write refuses, and charges nothing',
  async (spent, free) => {
    const database = await migratedDatabase();
    const [narrow, wide] = [broadLimit(spent, 1, hourMs), broadLimit(free, 9, hourMs)];
    const spender = database.open();
    let hasSpent = false;
    const pool = beforeFirstWrite(database.pool(), async () => {
      await sendUnder(spender, narrow);
      hasSpent = true;
    });
    const number = numberOn(database.open({ pool }));
    expect(await number.begin({ broadLimits: [wide, narrow] })).toMatchObject({ outcome: 'refused', limit: spent });
    expect(hasSpent).toBe(true);
    expect(await number.find()).toBeNull();
    await expectLeft(spender, wide, 9);
  },
);

test('a begin whose number or time is another when it is written takes from its limits once', async () => {
  const database = await migratedDatabase();
  const clock = virtualClock();
  const other = database.open({ clock: clock.now });
  for (const [name, happen, outcome] of [
    ['late', () => clock.advance(1_000), 'created'],
    ['beaten', () => numberOn(other, { name: 'beaten' }).create(), 'repeated'],
  ] as const) {
    const limits = [broadLimit(`${name} one`, 9, hourMs), broadLimit(`${name} other`, 9, hourMs)];
    const pool = beforeFirstWrite(database.pool(), happen);
    const begun = await numberOn(database.open({ pool, clock: clock.now }), { name }).begin({ broadLimits: limits });
    expect(begun.outcome).toBe(outcome);
    for (const limit of limits) await expectLeft(other, limit, 8);
  }
});

test('a send that is written after sends of a later sixtieth counts with those', async () => {
  const database = await migratedDatabase();
  const clock = virtualClock();
  const limit = broadLimit('address', 2, 6_000);
  const other = database.open({ clock: clock.now });
  const pool = beforeFirstWrite(database.pool(), async () => {
    clock.advance(500);
    await sendUnder(other, limit);
  });
  await sendUnder(database.open({ pool, clock: clock.now }), limit);
  const [row] = await database.sql('SELECT at::float, sends::int, counted::int FROM $schema.broad_limits');
  expect(row).toEqual({ at: Math.floor(clock.now() / 100), sends: 2, counted: 0 });
  expect((await sendUnder(other, limit)).outcome).toBe('refused');
});

test('whatever is taken in whatever order, what counts is never over, and nothing is refused without need', async () => {
  const database = await migratedDatabase();
  const dice = diceOf(7);
  const sends: number[] = [];
  let [latestAt, latestFirst] = [0, 0];
  const counting = (firstAt: number) => sends.filter((at) => at >= firstAt).length;
  for (let step = 0; step < 400; step += 1) {
    // Some of those who take were judged a while before others who were quicker.
    const at = Math.max(0, latestAt + dice.roll(5) - 2) + (dice.roll(20) === 0 ? dice.roll(90) : 0);
    const firstAt = at - 60 + dice.roll(2);
    const [takes, most] = [1 + dice.roll(2), 10 + dice.roll(5)];
    const [row] = await database.sql(`SELECT $schema.take('key', $1, $2, $3, $4, 0, 0, 0)::text AS taken`, [
      takes,
      at,
      firstAt,
      most,
    ]);
    if (row?.['taken'] === 'true') {
      expect(counting(Math.max(firstAt, latestFirst))).toBeLessThanOrEqual(most);
      latestAt = Math.max(latestAt, at);
      sends.push(...Array<number>(takes).fill(latestAt));
    } else expect(counting(firstAt)).toBeGreaterThan(most);
    latestFirst = Math.max(latestFirst, firstAt);
  }
  const [kept] = await database.sql('SELECT at::int, sends::int, buckets FROM $schema.broad_limits');
  const {
    at,
    sends: latest,
    buckets,
  } = kept as unknown as { at: number; sends: number; buckets: Record<string, number> };
  const all = Object.entries<number>({ ...buckets, [at]: latest });
  const inWindow = all.filter(([sixtieth]) => Number(sixtieth) >= latestFirst);
  expect(inWindow.reduce((sum, [, count]) => sum + count, 0)).toBe(counting(latestFirst));
});

test('a begin that others who share its read leave nothing for is told how long until what was sent before counts no more', async () => {
  const database = await migratedDatabase();
  const clock = virtualClock();
  const limit = broadLimit('address', 5, hourMs);
  const [postgres, memory] = [database.open({ clock: clock.now }), memoryStore({ clock: clock.now })];
  for (let sent = 0; sent < 3; sent += 1) {
    await Promise.all([postgres, memory].map((store) => sendUnder(store, limit)));
    clock.advance(7 * minuteMs);
  }
  const three = (store: Store) =>
    Promise.all([1, 2, 3].map(() => numberOn(store, { limits: manySends }).begin({ broadLimits: [limit] })));
  const told = await three(postgres);
  expect(told[2]).toMatchObject({ outcome: 'refused' });
  expect(told[2]).toEqual((await three(memory))[2]);
});

test('a number and its limits are read as they were at one instant', async () => {
  const database = await migratedDatabase();
  const limit = broadLimit('address', 9, hourMs);
  await sendUnder(database.open(), limit);
  const holder = await database.pool().connect();
  await holder.query('BEGIN');
  await holder.query(`LOCK TABLE "${database.schema}".broad_limits IN ACCESS EXCLUSIVE MODE`);
  const reader = await database.pool().connect();
  const { rows: pids } = await reader.query('SELECT pg_backend_pid() AS pid');
  const read = reader.query(`SELECT "${database.schema}".read_number('nobody', NULL, $1, $2) AS told`, [
    [limit.key],
    [9],
  ]);
  const isWaiting = () =>
    database.sql(`SELECT 1 AS one FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'`, [pids[0].pid]);
  await expect.poll(isWaiting).toHaveLength(1);
  await holder.query(`UPDATE "${database.schema}".broad_limits SET sends = 7`);
  await holder.query('COMMIT');
  holder.release();
  const { rows } = await read;
  reader.release();
  const [[, , sends]] = JSON.parse(rows[0].told.split('\n').at(-1)) as [[string, number, number]];
  expect(sends).toBe(1);
});

test('for the row of a limit that somebody holds no session waits longer than a second, and who has other limits not at all', async () => {
  const database = await migratedDatabase();
  const pool = database.pool({ max: 2 });
  const store = database.open({ pool });
  const [held, free] = [broadLimit('held', 9, hourMs), broadLimit('free', 9, hourMs)];
  await sendUnder(store, held);
  const holder = await database.pool().connect();
  await holder.query('BEGIN');
  await holder.query(`SELECT FROM "${database.schema}".broad_limits FOR UPDATE`);
  const begun = sendUnder(store, held).catch((error: unknown) => error);
  expect((await sendUnder(store, free)).outcome).toBe('created');
  expect(await begun).toBeInstanceOf(StoreError);
  const waiting = () =>
    database.sql(
      `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()`,
      [database.schema],
    );
  await expect.poll(waiting, { timeout: 2_000 }).toEqual([]);
  await holder.query('ROLLBACK');
  holder.release();
  // Nor is a session of the pool left with another limit of its own.
  expect((await pool.query('SHOW lock_timeout')).rows).toEqual([{ lock_timeout: '0' }]);
  await expectLeft(store, held, 8);
});

test(
  'one hot limit of many numbers is never over, with pools that race in any bucket',
  { timeout: 60_000 },
  async () => {
    const database = await migratedDatabase();
    const clock = virtualClock();
    const stores = Array.from({ length: 4 }, () => database.open({ clock: clock.now }));
    const limit = broadLimit('service', 7, 6_000);
    const sentAtMs: number[] = [];
    for (let step = 0; step < 40; step += 1) {
      const racing = allAtOnce(8, async (index) => {
        if ((await sendUnder(stores[index % 4]!, limit)).outcome === 'created') sentAtMs.push(clock.now());
      });
      // While they race, the sixtieth changes.
      clock.advance(step % 2 === 0 ? 99 : 1_001);
      await racing;
    }
    sentAtMs.sort((a, b) => a - b);
    expect(sentAtMs.length).toBeGreaterThan(14);
    for (const [index, atMs] of sentAtMs.entries()) {
      // The time of a send lies between its judgement and its answer: at most one step apart.
      const eighth = sentAtMs[index + limit.max];
      if (eighth !== undefined) expect(eighth - atMs).toBeGreaterThan(limit.windowMs - 2 * 1_001);
    }
  },
);

test('what is kept of a limit is its key and how many sends were made when, as long as they count', async () => {
  const database = await migratedDatabase();
  const clock = virtualClock();
  const store = database.open({ clock: clock.now });
  const limit = broadLimit('address', 9, hourMs);
  for (let i = 0; i < 3; i += 1) {
    await sendUnder(store, limit);
    clock.advance(minuteMs * i);
  }
  const at = Math.floor((clock.now() - 3 * minuteMs) / minuteMs);
  const kept = () => database.sql('SELECT key, at::int, sends::int, buckets, counted::int FROM $schema.broad_limits');
  const key = idOf('limit address');
  expect(await kept()).toEqual([{ key, at: at + 1, sends: 1, buckets: { [at]: 2 }, counted: 2 }]);
  clock.advance(hourMs);
  await sendUnder(store, limit);
  expect(await kept()).toEqual([{ key, at: at + 63, sends: 1, buckets: {}, counted: 0 }]);
});
