import assert from 'node:assert/strict';
import type { BroadLimit } from '../../stores/store.ts';
import { diceOf } from '../dice.ts';
import { broadLimit, expectLeft, sendUnder, spend } from './broad-limit.ts';
import { expectOutcome, handleOf, openHandles, pruneAll, type ConformanceCase, type StoreContext } from './case.ts';
import { hourMs, minuteMs, secondMs } from './number.ts';

/** How much longer than its window a send may count. */
function sixtiethMs({ windowMs }: BroadLimit): number {
  return Math.floor(windowMs / 60);
}

/**
 * Sends at random times, many of them beside the edges of sixtieths and of windows, held against the times at which all before were really let
 * through.
 */
async function sendAtRandom(context: StoreContext, limit: BroadLimit, seed: number): Promise<void> {
  const { clock } = context;
  const stores = await openHandles(context);
  const dice = diceOf(seed);
  const { max, windowMs } = limit;
  const bucketMs = Math.ceil(windowMs / 60);
  const sentAtMs: number[] = [];
  const sentIn = (spanMs: number) => sentAtMs.filter((atMs) => atMs > clock.now() - spanMs).length;
  const send = async () => {
    const result = await sendUnder(handleOf(stores, dice.roll(stores.length)), limit);
    const when = `seed ${seed}, ${clock.now()}`;
    if (result.outcome === 'refused') {
      assert.ok(sentIn(windowMs + sixtiethMs(limit) + 1) >= max, `refused although few count: ${when}`);
      return result.retryAfterMs;
    }
    sentAtMs.push(clock.now());
    assert.ok(sentIn(windowMs) <= max, `more than ${max} in ${windowMs} ms: ${when}`);
    return 0;
  };
  for (let step = 0; step < 60; step += 1) {
    const nowMs = clock.now();
    const move = dice.pick(['stands', 'stands', 'passes', 'bucket', 'window'] as const);
    if (move === 'passes') clock.advance(dice.roll(Math.ceil(windowMs / 3)));
    if (move === 'bucket') clock.set((Math.floor(nowMs / bucketMs) + 1 + dice.roll(5)) * bucketMs - dice.roll(2));
    if (move === 'window') {
      const leavesAtMs = (sentAtMs[dice.roll(sentAtMs.length || 1)] ?? nowMs) + windowMs;
      clock.set(Math.max(nowMs, leavesAtMs - 1 + dice.roll(3)));
    }
    const retryAfterMs = await send();
    if (retryAfterMs === 0 || dice.roll(3) > 0) continue;
    clock.advance(retryAfterMs - 1);
    assert.equal(await send(), 1, `a millisecond before the end of the wait: seed ${seed}, ${clock.now()}`);
    clock.advance(1);
    assert.equal(await send(), 0, `at the end of the wait: seed ${seed}, ${clock.now()}`);
  }
}

export const broadWindowCases: readonly ConformanceCase[] = [
  ...(
    [
      ['the first millisecond of a sixtieth', 0],
      ['the last millisecond of a sixtieth', 9_999],
      ['the middle of a sixtieth', 4_321],
    ] as const
  ).map(([where, offsetMs]): ConformanceCase => ({
    name: `a send in ${where} leaves a broad window never early and at most a sixtieth late`,
    async run({ open, clock }) {
      const store = await open();
      const limit = broadLimit('address', 2, 10 * minuteMs);
      clock.advance(offsetMs);
      await spend(store, limit, 2);
      clock.advance(10 * minuteMs - 1);
      const { retryAfterMs } = expectOutcome(await sendUnder(store, limit), 'refused');
      assert.ok(retryAfterMs > 0 && retryAfterMs <= 1 + 10 * secondMs, `${retryAfterMs}`);
      clock.advance(1 + 10 * secondMs);
      await expectLeft(store, limit, 2);
    },
  })),
  {
    name: 'a broad window slides: every send leaves it at its own time',
    async run({ open, clock }) {
      const store = await open();
      const limit = broadLimit('address', 3, 10 * minuteMs);
      const gapsMs = [minuteMs + 1, 5 * minuteMs, 4 * minuteMs - 1];
      for (const gapMs of gapsMs) {
        await spend(store, limit, 1);
        clock.advance(gapMs);
      }
      const lateMs = sixtiethMs(limit);
      for (const gapMs of gapsMs) {
        clock.advance(-1);
        await expectLeft(store, limit, 0);
        clock.advance(1 + lateMs);
        await expectLeft(store, limit, 1);
        clock.advance(gapMs - lateMs);
      }
    },
  },
  {
    name: 'the wait that a broad limit tells is honest: a millisecond before its end a begin is refused, at its end not',
    async run({ open, clock }) {
      const store = await open();
      const limit = broadLimit('network', 4, hourMs);
      for (const afterMs of [0, 3 * minuteMs, 4 * minuteMs + 12_345, 20 * minuteMs]) {
        clock.advance(afterMs);
        await spend(store, limit, 1);
      }
      for (let i = 0; i < 8; i += 1) {
        clock.advance(i * 777);
        const { retryAfterMs } = expectOutcome(await sendUnder(store, limit), 'refused');
        clock.advance(retryAfterMs - 1);
        assert.equal(expectOutcome(await sendUnder(store, limit), 'refused').retryAfterMs, 1);
        clock.advance(1);
        await spend(store, limit, 1);
      }
    },
  },
  {
    name: 'a broad limit that has become narrower tells how long until fewer than it lets through count',
    async run({ open, clock }) {
      const store = await open();
      const limit = broadLimit('tenant', 5, hourMs);
      for (let i = 0; i < 5; i += 1) {
        await spend(store, limit, 1);
        clock.advance(5 * minuteMs);
      }
      const narrower = { ...limit, max: 2 };
      const { max, retryAfterMs } = expectOutcome(await sendUnder(store, narrower), 'refused');
      assert.equal(max, 2);
      clock.advance(retryAfterMs - 1);
      expectOutcome(await sendUnder(store, narrower), 'refused');
      clock.advance(1);
      await expectLeft(store, narrower, 1);
    },
  },
  ...([10 * minuteMs, 7_001, 59] as const).map((windowMs, index): ConformanceCase => ({
    name: `sends at random times are never more than a broad limit in any ${windowMs} ms, and are not refused without need`,
    async run(context) {
      for (const seed of [1, 2, 3]) {
        await sendAtRandom(context, broadLimit(`seed ${seed}`, [3, 5, 2][index] ?? 1, windowMs), seed);
      }
    },
  })),
  {
    name: 'a clock that jumps back refills no broad limit',
    async run(context) {
      const stores = await openHandles(context);
      const limit = broadLimit('country', 3, hourMs);
      await spend(stores[0], limit, 3);
      for (const backMs of [1, 2 * minuteMs, 30 * hourMs]) {
        context.clock.advance(-backMs);
        for (const [index] of stores.entries())
          expectOutcome(await sendUnder(handleOf(stores, index), limit), 'refused');
      }
    },
  },
  {
    name: 'after a clock has jumped back time goes on for broad limits: what they count leaves as if it had not',
    async run(context) {
      const { clock } = context;
      const stores = await openHandles(context, 2);
      const limit = broadLimit('country', 3, hourMs);
      await spend(stores[0], limit, 3);
      clock.advance(-30 * hourMs);
      for (const [index] of stores.entries()) expectOutcome(await sendUnder(handleOf(stores, index), limit), 'refused');
      clock.advance(hourMs - 1);
      for (const [index] of stores.entries()) expectOutcome(await sendUnder(handleOf(stores, index), limit), 'refused');
      clock.advance(1 + sixtiethMs(limit));
      await expectLeft(handleOf(stores, 1), limit, 3);
    },
  },
  {
    name: 'a prune refills no broad limit',
    async run({ open, clock }) {
      const store = await open();
      const limits = [broadLimit('short', 2, minuteMs), broadLimit('long', 2, hourMs)] as const;
      for (const limit of limits) await spend(store, limit, 2);
      clock.advance(minuteMs - 1);
      await pruneAll(store, 1);
      for (const limit of limits) await expectLeft(store, limit, 0);
      clock.advance(59 * minuteMs);
      await pruneAll(store, 1);
      await expectLeft(store, limits[1], 0);
      await expectLeft(store, limits[0], 2);
    },
  },
  {
    name: 'a prune takes at most so many counters of broad limits at once, and says when it is done',
    async run({ open, clock }) {
      const store = await open();
      const names = Array.from({ length: 11 }, (_, index) => `limit ${index}`);
      await sendUnder(store, ...names.map((name) => broadLimit(name, 5, hourMs)));
      clock.advance(2 * hourMs);
      await pruneAll(store, 2);
      assert.equal(await store.prune({ max: 2 }), 0, 'what was pruned once is not touched again');
    },
  },
  {
    name: 'nothing of a broad limit is left when nothing of it counts any more',
    needs: 'dump',
    async run({ open, clock, dump }) {
      assert.ok(dump);
      const store = await open();
      const limit = broadLimit('address', 5, hourMs);
      const written = [limit.key, Buffer.from(limit.key, 'base64url').toString('hex')];
      const shows = async () => {
        const all = await dump();
        return written.some((form) => all.includes(form));
      };
      await spend(store, limit, 1);
      assert.ok(await shows());
      clock.advance(hourMs + sixtiethMs(limit));
      await pruneAll(store, 500);
      assert.ok(!(await shows()));
    },
  },
];
