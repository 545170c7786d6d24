import type { Pool } from 'pg';
import { expect, test, vi } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import type { PostgresPool } from '../../../src/stores/postgres/index.ts';
import { virtualClock } from '../../../src/testing/clock.ts';
import { broadLimit, sendUnder } from '../../../src/testing/store-cases/broad-limit.ts';
import { hourMs, minuteMs, numberOn, usualLimits } from '../../../src/testing/store-cases/number.ts';
import { besideStatements, isRead, migratedDatabase } from './database.ts';

const minute = { ...usualLimits, lifetimeMs: minuteMs };

/** The pool, but something happens after each read of a number. */
function afterReads(pool: Pool, happen: (read: number) => unknown): PostgresPool {
  let reads = 0;
  return besideStatements(pool, { after: (query) => isRead(query) && happen((reads += 1)) });
}

test('the time is the server’s: what this process thinks does not matter', async () => {
  const database = await migratedDatabase();
  const store = database.open();
  const serverMs = async () =>
    Number((await database.sql('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms'))[0]?.['ms']);
  vi.useFakeTimers({ toFake: ['Date'], now: 0 });
  try {
    const before = await serverMs();
    const { createdAtMs } = await numberOn(store).create();
    expect(createdAtMs).toBeGreaterThanOrEqual(Math.floor(before));
    expect(createdAtMs).toBeLessThanOrEqual(await serverMs());
    vi.setSystemTime(Date.UTC(2099, 0, 1));
    expect((await numberOn(store).check('111111')).outcome).toBe('approved');
  } finally {
    vi.useRealTimers();
  }
});

test('a code that expires between the judgement and its write is not approved', async () => {
  const database = await migratedDatabase();
  const clock = virtualClock();
  const number = numberOn(database.open({ clock: clock.now }), { limits: minute });
  for (const [passesMs, outcome] of [
    [998, 'approved'],
    [999, 'ended'],
  ] as const) {
    const { nonce, expiresAtMs } = await number.create();
    clock.set(expiresAtMs - 999);
    const pool = afterReads(database.pool(), (read) => read === 1 && clock.advance(passesMs));
    const late = numberOn(database.open({ pool, clock: clock.now }), { limits: minute });
    expect((await late.check('111111', { nonce })).outcome).toBe(outcome);
    clock.advance(hourMs);
  }
});

test('a judgement that is a second old is made anew', async () => {
  const database = await migratedDatabase();
  const clock = virtualClock();
  const pool = afterReads(database.pool(), (read) => read < 3 && clock.advance(read === 1 ? 1_000 : 999));
  const store = database.open({ pool, clock: clock.now });
  const startMs = clock.now();
  expect((await numberOn(store).create()).createdAtMs).toBe(startMs + 1_000);
});

test('a judgement made before the clock jumped back is made anew', async () => {
  const database = await migratedDatabase();
  const clock = virtualClock();
  const pool = afterReads(database.pool(), (read) => read === 1 && clock.advance(-hourMs));
  const startMs = clock.now();
  const { createdAtMs } = await numberOn(database.open({ pool, clock: clock.now })).create();
  expect(createdAtMs).toBe(startMs - hourMs);
});

test('by the server’s clock, a process that stood still between judgement and write approves nothing that has expired', async () => {
  const database = await migratedDatabase();
  const limits = { ...usualLimits, lifetimeMs: 700, repeatMs: 0 };
  const number = numberOn(database.open(), { limits });
  const { nonce } = await number.create();
  const pool = afterReads(database.pool(), (read) => read === 1 && database.sql('SELECT pg_sleep(0.8)'));
  const checked = await numberOn(database.open({ pool }), { limits }).check('111111', { nonce });
  expect(checked).toMatchObject({ outcome: 'ended', status: 'expired' });
  expect(await number.lookup()).toBeNull();
});

test('time goes on for a number that is only looked at after the clock has jumped back', async () => {
  const database = await migratedDatabase();
  const clock = virtualClock();
  const [one, two] = [database.open({ clock: clock.now }), database.open({ clock: clock.now })];
  const { nonce, expiresAtMs } = await numberOn(one).create();
  clock.advance(-2 * hourMs);
  const leftMs = expiresAtMs - clock.now() - 2 * hourMs;
  expect(await numberOn(one).find({ nonce })).toMatchObject({ status: 'pending' });
  clock.advance(leftMs - 1);
  expect(await numberOn(two).find({ nonce })).toMatchObject({ status: 'pending' });
  clock.advance(1);
  expect(await numberOn(one).find({ nonce })).toMatchObject({ status: 'expired', endedAtMs: expiresAtMs });
});

test('secrets of numbers that were used after the clock has jumped back go in time', async () => {
  const database = await migratedDatabase();
  const clock = virtualClock();
  const store = database.open({ clock: clock.now });
  await numberOn(store).create();
  clock.advance(-2 * hourMs);
  await numberOn(store).guess(1);
  clock.advance(6 * minuteMs);
  expect(await store.prune()).toBe(1);
  const [row] = await database.sql('SELECT record FROM $schema.numbers');
  expect(row?.['record']).not.toContain('digest');
});

test('a clock that catches up after it had jumped back is believed again', async () => {
  const database = await migratedDatabase();
  const clock = virtualClock();
  const store = database.open({ clock: clock.now });
  const limit = broadLimit('address', 2, hourMs);
  await numberOn(store).create({ broadLimits: [limit] });
  clock.advance(-hourMs);
  await numberOn(store).begin({ broadLimits: [limit] });
  clock.advance(3 * hourMs);
  const aheadOf = async () => [
    ...(await database.sql('SELECT ahead_ms::int AS ahead FROM $schema.numbers')),
    ...(await database.sql('SELECT ahead_ms::int AS ahead FROM $schema.broad_limits')),
  ];
  expect(await aheadOf()).toEqual([{ ahead: hourMs }, { ahead: hourMs }]);
  expect((await numberOn(store).create({ broadLimits: [limit] })).createdAtMs).toBe(clock.now());
  expect(await aheadOf()).toEqual([{ ahead: 0 }, { ahead: 0 }]);
});

test('without the time nothing is done', async () => {
  const database = await migratedDatabase();
  const store = database.open({ clock: () => Number.NaN });
  await expect(numberOn(store).begin()).rejects.toThrow(StoreError);
  await expect(sendUnder(store, broadLimit('address', 1, hourMs))).rejects.toThrow(StoreError);
  await expect(store.prune()).rejects.toThrow(StoreError);
});
