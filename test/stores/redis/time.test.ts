import { describe, expect, test } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import { virtualClock } from '../../../src/testing/clock.ts';
import {
  dayMs,
  hourMs,
  idOf,
  manySends,
  minuteMs,
  numberOn,
  usualLimits,
} from '../../../src/testing/store-cases/number.ts';
import { freshKeyPrefix } from '../../servers/shared.ts';
import { openStore, redisClient } from './clients.ts';

test('where nothing is injected, the time is the one of the server', async () => {
  const client = await redisClient();
  const number = numberOn(openStore({ client, prefix: freshKeyPrefix() }));
  const [seconds, microseconds] = (await client.time()) as unknown as [number, number];
  const { createdAtMs } = await number.create();
  const serverMs = seconds * 1_000 + Math.floor(microseconds / 1_000);
  expect(createdAtMs).toBeGreaterThanOrEqual(serverMs);
  expect(createdAtMs).toBeLessThan(serverMs + 5_000);
});

test('a server whose clock went back goes on for a number from the time it had, and for others from its own', async () => {
  const clock = virtualClock();
  const store = openStore({ client: await redisClient(), prefix: freshKeyPrefix(), clock: clock.now });
  const number = numberOn(store);
  const before = await number.create();
  for (let i = 0; i < 2; i += 1) await number.begin();
  clock.advance(-2 * dayMs);
  expect(await number.begin()).toMatchObject({ outcome: 'refused', limit: 'sends', retryAfterMs: 10 * minuteMs });
  expect((await numberOn(store, { name: 'another' }).create()).createdAtMs).toBe(clock.now());
  clock.advance(5 * minuteMs - 1);
  expect((await number.find())?.status).toBe('pending');
  clock.advance(1);
  expect(await number.find({ nonce: before.nonce })).toMatchObject({
    status: 'expired',
    endedAtMs: before.expiresAtMs,
  });
  clock.advance(5 * minuteMs);
  expect((await number.create()).createdAtMs).toBe(before.createdAtMs + 10 * minuteMs);
});

test('whatever comes first after a clock went back sets the time going, even what tells or refuses something', async () => {
  for (const first of ['find', 'lookup', 'refused', 'not found', 'malformed'] as const) {
    const clock = virtualClock();
    const store = openStore({ client: await redisClient(), prefix: freshKeyPrefix(), clock: clock.now });
    const number = numberOn(store, { limits: { ...usualLimits, gapMs: minuteMs } });
    const { expiresAtMs } = await number.create();
    clock.advance(-dayMs);
    await {
      find: () => number.find(),
      lookup: () => number.lookup(),
      refused: () => number.begin(),
      'not found': () => number.check('111111', { purpose: 'other' }),
      malformed: () => number.check('1'),
    }[first]();
    clock.advance(5 * minuteMs - 1);
    expect(await number.check('000000'), first).toMatchObject({ outcome: 'incorrect', verification: { expiresAtMs } });
    clock.advance(1);
    expect((await number.check('111111')).outcome, first).toBe('not_found');
  }
});

describe('a number whose keys have not all the same end', () => {
  async function verified() {
    const clock = virtualClock();
    const [client, prefix] = [await redisClient(), freshKeyPrefix()];
    const number = numberOn(openStore({ client, prefix, clock: clock.now }), { limits: manySends });
    await number.create();
    await number.approve();
    const record = `${prefix}:{${idOf('a number')}}`;
    return { clock, number, endOf: async (hash: '' | ':marks') => expect(await client.del(record + hash)).toBe(1) };
  }

  test.each(['', ':marks'] as const)(
    'goes on from its latest time when the clock went back and %o has ended',
    async (hash) => {
      const { clock, number, endOf } = await verified();
      clock.advance(hourMs);
      const { createdAtMs } = await number.create();
      await endOf(hash);
      clock.advance(-2 * hourMs);
      expect((await number.create({ purpose: 'other' })).createdAtMs).toBe(createdAtMs);
      clock.advance(minuteMs);
      expect((await number.create({ purpose: 'third' })).createdAtMs).toBe(createdAtMs + minuteMs);
    },
  );

  test.each(['', ':marks'] as const)(
    'goes on at the pace of a clock that went back before %o has ended',
    async (hash) => {
      const { clock, number, endOf } = await verified();
      const before = clock.now();
      clock.advance(-2 * hourMs);
      await number.lookup();
      await endOf(hash);
      clock.advance(minuteMs);
      expect((await number.create()).createdAtMs).toBe(before + minuteMs);
    },
  );
});

test('when a clock that went back has caught up, it is believed again', async () => {
  const clock = virtualClock();
  const store = openStore({ client: await redisClient(), prefix: freshKeyPrefix(), clock: clock.now });
  const number = numberOn(store, { limits: manySends });
  const { createdAtMs } = await number.create();
  clock.advance(-hourMs);
  await number.guess(1);
  clock.advance(hourMs + minuteMs);
  expect(await number.begin()).toMatchObject({
    outcome: 'repeated',
    verification: { lastSendAtMs: createdAtMs + minuteMs },
  });
});

test('a clock of fractions of milliseconds is rounded down, and without the time nothing is done', async () => {
  const client = await redisClient();
  const prefix = freshKeyPrefix();
  const clock = virtualClock();
  const number = numberOn(openStore({ client, prefix, clock: () => clock.now() + 0.75 }));
  expect((await number.create()).createdAtMs).toBe(clock.now());
  const timeless = openStore({ client, prefix, clock: () => Number.NaN });
  await expect(numberOn(timeless).begin()).rejects.toThrow(StoreError);
  expect((await number.find())?.sendsLeft).toBe(2);
});
