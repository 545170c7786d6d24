import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyCount, take } from '../../../src/stores/broad-limits.ts';
import { firstCounting } from '../../../src/stores/postgres/broad-charges.ts';
import { virtualClock } from '../../../src/testing/clock.ts';
import { diceOf } from '../../../src/testing/dice.ts';
import { broadLimit, expectLeft, sendUnder } from '../../../src/testing/store-cases/broad-limit.ts';
import { allAtOnce } from '../../../src/testing/store-cases/case.ts';
import { hourMs, idOf, manySends, minuteMs, numberOn } from '../../../src/testing/store-cases/number.ts';
import { besideStatements, isWrite, migratedDatabase } from './database.ts';

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
  let isFirst = true;
  const slow = database.open({
    pool: besideStatements(database.pool(), {
      async before(query) {
        if (!isFirst || !isWrite(query)) return;
        isFirst = false;
        await sendUnder(spender, limit);
      },
    }),
  });
  const number = numberOn(slow, { limits: manySends });
  const begun = [1, 5].map((max) => number.begin({ broadLimits: [{ ...limit, max }] }));
  expect((await Promise.all(begun)).map(({ outcome }) => outcome)).toEqual(['refused', 'created']);
});

test('what was spent between the judgement and its write refuses, and charges nothing', async () => {
  const database = await migratedDatabase();
  const [one, other] = [broadLimit('one', 1, hourMs), broadLimit('other', 9, hourMs)];
  const spender = database.open();
  let isFirst = true;
  const slow = database.open({
    pool: besideStatements(database.pool(), {
      async before(query) {
        if (!isFirst || !isWrite(query)) return;
        isFirst = false;
        await sendUnder(spender, one);
      },
    }),
  });
  const number = numberOn(slow);
  expect(await number.begin({ broadLimits: [other, one] })).toMatchObject({ outcome: 'refused', limit: 'one' });
  expect(isFirst).toBe(false);
  expect(await number.find()).toBeNull();
  await expectLeft(spender, other, 9);
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
  expect(await database.sql('SELECT key, buckets FROM $schema.broad_limits')).toEqual([
    { key: idOf('limit address'), buckets: { [at]: 2, [at + 1]: 1 } },
  ]);
  clock.advance(2 * hourMs);
  await sendUnder(store, limit);
  expect(await database.sql('SELECT buckets FROM $schema.broad_limits')).toEqual([
    { buckets: { [Math.floor(clock.now() / minuteMs)]: 1 } },
  ]);
});
