import type { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { broadlyRefused, bucketMs, emptyCount, take } from '../../../src/stores/broad-limits.ts';
import { scriptOf } from '../../../src/stores/redis/scripts.ts';
import { diceOf } from '../../../src/testing/dice.ts';
import { virtualClock } from '../../../src/testing/clock.ts';
import { broadLimit, expectLeft, sendUnder, spend } from '../../../src/testing/store-cases/broad-limit.ts';
import { hourMs, idOf, minuteMs } from '../../../src/testing/store-cases/number.ts';
import { startRedis } from '../../servers/redis.ts';
import { freshKeyPrefix } from '../../servers/shared.ts';
import { openStore, redisClient } from './clients.ts';

/** The scripts that a store on a Cluster calls, on a limit of its own. */
async function openLimit(max: number, windowMs: number) {
  const client = await redisClient();
  const clock = virtualClock();
  const key = `${freshKeyPrefix()}:limit`;
  const run = async (script: 'charge' | 'refund', token: Buffer): Promise<number> => {
    const args = [scriptOf(script).text, '1', key, String(clock.now()), token, String(max), String(windowMs)];
    return Number(await client.callBuffer('eval', args));
  };
  return {
    clock,
    key,
    client,
    /** Resolves with the wait; 0: taken. */
    charge: (token: Buffer) => run('charge', token),
    refund: (token: Buffer) => run('refund', token),
  };
}

/** Six bytes of a number. */
function tokenOf(number: number): Buffer {
  const token = Buffer.alloc(6);
  token.writeUIntBE(number, 0, 6);
  return token;
}

describe('charges that are given back, or asked for again', () => {
  test.each([1, 2, 3, 4, 5, 6])('leave what the rules of broad limits say, walk %i', async (seed) => {
    const dice = diceOf(seed);
    const max = dice.pick([1, 3, 20, 200]);
    const windowMs = dice.pick([1_000, 59_999, minuteMs, hourMs]);
    const limit = broadLimit('walked', max, windowMs);
    const { clock, charge, refund } = await openLimit(max, windowMs);
    const count = emptyCount();
    let charges: { token: Buffer; atMs: number }[] = [];
    for (let step = 0; step < 400; step += 1) {
      const move = dice.pick(['take', 'take', 'take', 'take', 'again', 'back', 'back', 'pass', 'bucket', 'window']);
      const nowMs = clock.now();
      const known = charges.filter(({ atMs }) => atMs > nowMs - Math.min(10_000, windowMs));
      const when = `seed ${seed}, step ${step}, ${move}`;
      const token = tokenOf(1_000 + step);
      if (move === 'take') {
        const wait = broadlyRefused([limit], [count], nowMs)?.retryAfterMs ?? 0;
        expect(await charge(token), when).toBe(wait);
        if (wait > 0) continue;
        take(count, limit, nowMs);
        charges = [...charges, { token, atMs: nowMs }].slice(-64);
      } else if (move === 'again' && known.length > 0) {
        expect(await charge(known[dice.roll(known.length)]!.token), when).toBe(0);
      } else if (move === 'back') {
        const given = dice.roll(4) > 0 ? known[dice.roll(known.length)] : undefined;
        expect(await refund(given?.token ?? token), when).toBe(given ? 1 : 0);
        if (!given) continue;
        expect(await refund(given.token), `${when}, twice`).toBe(0);
        charges = charges.filter((one) => one !== given);
        const place = Math.floor(given.atMs / bucketMs(windowMs));
        for (const bucket of count.buckets) if (bucket.at === place) bucket.count -= 1;
        count.buckets = count.buckets.filter((bucket) => bucket.count > 0);
      } else if (move === 'pass') {
        clock.advance(dice.roll(3_000));
      } else if (move === 'bucket') {
        // Beside the edge of a sixtieth.
        const edgeMs = Math.ceil(nowMs / bucketMs(windowMs)) * bucketMs(windowMs);
        clock.advance(Math.max(0, edgeMs - nowMs - 1 + dice.roll(3)));
      } else if (move === 'window' && dice.roll(6) === 0) {
        clock.advance(windowMs - dice.roll(1_000));
      }
    }
  });

  test('the latest 64 are known, and no earlier one', async () => {
    const { charge, refund, clock } = await openLimit(1_000, hourMs);
    for (let number = 1; number <= 150; number += 1) {
      await charge(tokenOf(number));
      clock.advance(1);
    }
    expect(await refund(tokenOf(86))).toBe(0);
    for (const number of [87, 100, 128, 150]) {
      expect(await refund(tokenOf(number)), `${number}`).toBe(1);
      expect(await refund(tokenOf(number)), `${number} twice`).toBe(0);
    }
    for (let number = 151; number <= 160; number += 1) await charge(tokenOf(number));
    // 60 were left: now all of the 64 places are taken, and the six oldest have gone.
    expect(await refund(tokenOf(93))).toBe(0);
    expect(await refund(tokenOf(94))).toBe(1);
    expect(await refund(tokenOf(160))).toBe(1);
  });

  test('a token that lies across two others is not taken for known', async () => {
    const { charge, refund, clock } = await openLimit(1_000, hourMs);
    const time = tokenOf(clock.now());
    const first = Buffer.from('abcdef');
    await charge(first);
    await charge(Buffer.from('ghijkl'));
    const across = Buffer.concat([first.subarray(3), time.subarray(0, 3)]);
    for (const token of [across, time]) {
      expect(await refund(token)).toBe(0);
      await charge(token);
      expect(await refund(token)).toBe(1);
    }
  });

  test('what falls out in the middle of a sixtieth is let go of once', async () => {
    const { charge, clock } = await openLimit(4, hourMs);
    clock.advance(minuteMs - (clock.now() % minuteMs));
    await charge(tokenOf(1));
    clock.advance(hourMs);
    await charge(tokenOf(2));
    // The last millisecond of the sixtieth is the first in which the one an hour before does not count.
    clock.advance(minuteMs - 1);
    for (const number of [3, 4, 5]) expect(await charge(tokenOf(number))).toBe(0);
    expect(await charge(tokenOf(6))).toBe(hourMs);
  });

  test('a charge of an earlier sixtieth is given back to that one', async () => {
    const { charge, refund, clock } = await openLimit(2, hourMs);
    clock.advance(minuteMs - (clock.now() % minuteMs) - 1);
    await charge(tokenOf(1));
    clock.advance(1);
    await charge(tokenOf(2));
    const wait = await charge(tokenOf(3));
    expect(await refund(tokenOf(1))).toBe(1);
    expect(await charge(tokenOf(4))).toBe(0);
    // What is left began a sixtieth later.
    expect(await charge(tokenOf(5))).toBe(wait + minuteMs);
  });

  test('are known and count on when the clock goes back', async () => {
    const { charge, refund, clock } = await openLimit(2, hourMs);
    clock.advance(minuteMs - (clock.now() % minuteMs));
    await charge(tokenOf(1));
    clock.advance(2 * minuteMs);
    await charge(tokenOf(2));
    const wait = await charge(tokenOf(3));
    clock.advance(-5 * hourMs);
    expect(await charge(tokenOf(3))).toBe(wait);
    clock.advance(5_000);
    expect(await charge(tokenOf(3))).toBe(wait - 5_000);
    expect(await charge(tokenOf(2))).toBe(0);
    expect(await refund(tokenOf(2))).toBe(1);
    expect(await charge(tokenOf(4))).toBe(0);
    expect(await charge(tokenOf(5))).toBe(wait - 5_000);
    clock.advance(wait - 5_000);
    expect(await charge(tokenOf(6))).toBe(0);
  });

  test('a limit that is given back what it was charged has no key', async () => {
    const { charge, refund, client, key } = await openLimit(2, hourMs);
    await charge(tokenOf(1));
    await charge(tokenOf(2));
    await refund(tokenOf(1));
    expect(await client.exists(key)).toBe(1);
    await refund(tokenOf(2));
    expect(await client.exists(key)).toBe(0);
  });
});

/** How often a server, which nobody else asks, runs each of these commands in an act. */
async function countCommands(client: Redis, act: () => Promise<unknown>): Promise<Record<string, number>> {
  await client.config('RESETSTAT');
  await act();
  const stats = await client.info('commandstats');
  const counted = [...stats.matchAll(/^cmdstat_(set|setrange|pexpire):calls=(\d+)/gm)];
  return Object.fromEntries(counted.map(([, name, calls]) => [name, Number(calls)]));
}

test('a begin within a sixtieth writes a few bytes of each limit, however many sixtieths count', async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const client = await redisClient(server.url);
  const clock = virtualClock();
  const store = openStore({ client, clock: clock.now });
  const limits = [broadLimit('country', 200, hourMs), broadLimit('service', 200, hourMs)];
  const begin = () => sendUnder(store, ...limits);
  clock.advance(minuteMs - (clock.now() % minuteMs));
  for (let sixtieth = 0; sixtieth < 59; sixtieth += 1) {
    await begin();
    clock.advance(minuteMs);
  }
  // The record and the code of the number are one each.
  expect(await countCommands(client, begin)).toEqual({ set: 3, pexpire: 1 });
  expect(await countCommands(client, begin)).toEqual({ set: 1, setrange: 2, pexpire: 1 });
  clock.advance(minuteMs - 2);
  expect(await countCommands(client, begin)).toEqual({ set: 1, setrange: 2, pexpire: 1 });
  const key = `pp:limit:${idOf('limit country')}`;
  expect(await client.strlen(key)).toBeLessThan(700);
  await expectLeft(store, limits[0] ?? broadLimit('', 0, 0), 200 - 62);
});

test('a limit is kept until what it counts has left the window, and no longer', async () => {
  const client = await redisClient();
  const prefix = freshKeyPrefix();
  const clock = virtualClock();
  const store = openStore({ client, prefix, clock: clock.now });
  const limit = broadLimit('country', 10, hourMs);
  const key = `${prefix}:limit:${limit.key}`;
  clock.advance(minuteMs - (clock.now() % minuteMs));
  // An injected clock is given a minute to spare.
  for (const begun of [1, 2]) {
    await spend(store, limit, begun);
    expect(await client.pttl(key)).toBeGreaterThan(hourMs + 2 * minuteMs - 5_000);
    expect(await client.pttl(key)).toBeLessThan(hourMs + 2 * minuteMs);
    // As if it had come nearer meanwhile.
    await client.pexpire(key, minuteMs);
    clock.advance(minuteMs);
  }
});
