import assert from 'node:assert/strict';
import type { NumberLimits } from '../../stores/store.ts';
import { expectOutcome, type ConformanceCase } from './case.ts';
import { dayMs, hourMs, manySends, minuteMs, numberOn } from './number.ts';

/** Nothing but the lock stands in the way of guessing. */
function lockAfter(after: number): NumberLimits {
  return {
    ...manySends,
    maxChecks: 1_000,
    wrongChecks: { max: 1_000, windowMs: minuteMs },
    lock: { after, forMs: 10 * dayMs },
  };
}

export const lockCases: readonly ConformanceCase[] = [
  {
    name: 'a hundred wrong checks in a row lock a number, over all its verifications',
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: lockAfter(100) });
      await number.create();
      await number.guess(60);
      clock.advance(hourMs);
      await number.create({ purpose: 'other' });
      await number.guess(39, { purpose: 'other' });
      assert.equal((await number.find({ purpose: 'other' }))?.checksLeft, 1);
      await number.guess(1, { purpose: 'other' });
      const lock = { limit: 'lock', max: 100, windowMs: 10 * dayMs, retryAfterMs: 10 * dayMs };
      assert.deepEqual(await number.check('111111', { purpose: 'other' }), { outcome: 'blocked', ...lock });
      assert.deepEqual(await number.begin({ purpose: 'third' }), { outcome: 'refused', ...lock });
    },
  },
  {
    name: 'a lock ends by itself, to the millisecond, so long after the last wrong check',
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: lockAfter(2) });
      await number.create();
      await number.guess(1);
      clock.advance(minuteMs);
      await number.guess(1);
      const lockedAtMs = clock.now();
      clock.set(lockedAtMs + 10 * dayMs - 1);
      const refused = expectOutcome(await number.begin(), 'refused');
      assert.deepEqual([refused.limit, refused.retryAfterMs], ['lock', 1]);
      clock.advance(1);
      await number.create({ code: '222222' });
      await number.guess(1);
      expectOutcome(await number.check('222222'), 'approved');
    },
  },
  {
    name: 'wrong checks in a row that lock nothing yet are forgotten so long after the last of them, to the millisecond',
    async run({ open, clock }) {
      const store = await open();
      for (const [name, afterMs, left] of [
        ['a millisecond before', 10 * dayMs - 1, 1],
        ['at the end', 10 * dayMs, 3],
      ] as const) {
        const number = numberOn(store, { name, limits: lockAfter(3) });
        await number.create();
        await number.guess(2);
        clock.advance(afterMs);
        assert.equal((await number.create()).checksLeft, left, name);
      }
    },
  },
  {
    name: 'checks of a locked number are not charged: they do not make the lock longer',
    async run({ open, clock }) {
      const limits: NumberLimits = { ...lockAfter(2), lock: { after: 2, forMs: 2 * minuteMs } };
      const number = numberOn(await open(), { limits });
      await number.create();
      await number.guess(2);
      for (const retryAfterMs of [2 * minuteMs, minuteMs]) {
        assert.equal(expectOutcome(await number.check('000000'), 'blocked').retryAfterMs, retryAfterMs);
        clock.advance(minuteMs);
      }
      expectOutcome(await number.check('111111'), 'approved');
    },
  },
  {
    name: 'an unlock lifts the lock and ends the wrong checks in a row',
    async run({ open }) {
      const number = numberOn(await open(), { limits: lockAfter(3) });
      await number.create();
      await number.guess(3);
      expectOutcome(await number.check('111111'), 'blocked');
      await number.unlock();
      await number.guess(2);
      await number.unlock();
      await number.guess(2);
      expectOutcome(await number.check('111111'), 'approved');
    },
  },
  {
    name: 'an approval by code ends the wrong checks in a row',
    async run({ open }) {
      const number = numberOn(await open(), { limits: lockAfter(3) });
      await number.create();
      await number.guess(2);
      expectOutcome(await number.check('111111'), 'approved');
      await number.create();
      await number.guess(2);
      expectOutcome(await number.check('111111'), 'approved');
    },
  },
  {
    name: "an approval on the caller's word leaves the wrong checks in a row as they are",
    async run({ open }) {
      const number = numberOn(await open(), { limits: lockAfter(3) });
      await number.create();
      await number.guess(2);
      expectOutcome(await number.approve(), 'done');
      await number.create();
      await number.guess(1);
      assert.equal(expectOutcome(await number.check('111111'), 'blocked').limit, 'lock');
    },
  },
  {
    name: 'an erasure does not lift a lock',
    async run({ open }) {
      const number = numberOn(await open(), { limits: lockAfter(3) });
      await number.create();
      await number.guess(3);
      await number.erase();
      assert.equal(expectOutcome(await number.begin(), 'refused').limit, 'lock');
    },
  },
];
