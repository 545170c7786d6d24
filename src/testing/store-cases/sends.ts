import assert from 'node:assert/strict';
import type { NumberLimits } from '../../stores/store.ts';
import { expectOutcome, type ConformanceCase, type StoreContext } from './case.ts';
import { dayMs, minuteMs, numberOn, secondMs, usualLimits } from './number.ts';

/** Three sends in a window that slides: what a fixed one lets through, and the millisecond to either side of its edge. */
async function slides({ open, clock }: StoreContext, windowMs: number): Promise<void> {
  const limits: NumberLimits = { ...usualLimits, sends: [{ name: 'texts', max: 3, windowMs }] };
  const number = numberOn(await open(), { limits });
  const startMs = clock.now() + 7 * minuteMs;
  const sendsAt = async (afterStartMs: number) => {
    clock.set(startMs + afterStartMs);
    assert.notEqual((await number.begin()).outcome, 'refused', `a send ${afterStartMs} ms after the first`);
  };
  const refusesAt = async (afterStartMs: number, retryAfterMs: number) => {
    clock.set(startMs + afterStartMs);
    const refused = { outcome: 'refused', limit: 'texts', max: 3, windowMs, retryAfterMs };
    assert.deepEqual(await number.begin(), refused, `a send ${afterStartMs} ms after the first`);
  };
  await sendsAt(0);
  await sendsAt(1);
  await sendsAt(windowMs / 2);
  await refusesAt(windowMs / 2, windowMs / 2);
  await refusesAt(windowMs - 1, 1);
  await sendsAt(windowMs);
  await refusesAt(windowMs, 1);
  await sendsAt(windowMs + 1);
  await refusesAt(windowMs + 1, windowMs / 2 - 1);
  await refusesAt(windowMs * 1.5 - 1, 1);
  await sendsAt(windowMs * 1.5);
  await refusesAt(windowMs * 1.5, windowMs / 2);
}

export const sendCases: readonly ConformanceCase[] = [
  {
    name: 'sends in any ten minutes are counted to the millisecond',
    run: (context) => slides(context, 10 * minuteMs),
  },
  {
    name: 'sends in any 24 hours are counted to the millisecond',
    run: (context) => slides(context, dayMs),
  },
  {
    name: 'of several windows on sends each refuses on its own',
    async run({ open, clock }) {
      const number = numberOn(await open());
      for (let i = 0; i < 10; i += 1) {
        if (i % 3 === 0) clock.advance(10 * minuteMs);
        assert.notEqual((await number.begin()).outcome, 'refused', `send ${i + 1}`);
      }
      clock.advance(10 * minuteMs);
      const refused = expectOutcome(await number.begin(), 'refused');
      assert.equal(refused.limit, 'sends_daily');
      clock.advance(refused.retryAfterMs - 1);
      expectOutcome(await number.begin(), 'refused');
      clock.advance(1);
      expectOutcome(await number.begin(), 'created');
    },
  },
  {
    name: 'two sends of one number are a gap apart, to the millisecond',
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: { ...usualLimits, gapMs: 30 * secondMs } });
      await number.create();
      clock.advance(30 * secondMs - 1);
      const refused = expectOutcome(await number.begin({ purpose: 'other' }), 'refused');
      assert.deepEqual(refused, { outcome: 'refused', limit: 'gap', max: 1, windowMs: 30 * secondMs, retryAfterMs: 1 });
      clock.advance(1);
      expectOutcome(await number.begin({ purpose: 'other' }), 'created');
      expectOutcome(await number.begin(), 'refused');
    },
  },
  {
    name: 'without a gap two sends pass in the same millisecond',
    async run({ open }) {
      const number = numberOn(await open());
      await number.create();
      expectOutcome(await number.begin(), 'repeated');
    },
  },
  {
    name: 'begins whose sends are given back are bounded all the same, to the millisecond, over all purposes',
    async run({ open, clock }) {
      const limits = { ...usualLimits, attempts: { max: 5, windowMs: 10 * minuteMs } };
      const number = numberOn(await open(), { limits });
      for (let i = 0; i < 5; i += 1) {
        const { nonce } = await number.create({ purpose: i % 2 ? 'default' : 'other' });
        await number.settle(nonce, 1, 'rejected');
      }
      const refused = expectOutcome(await number.begin(), 'refused');
      assert.deepEqual([refused.limit, refused.max, refused.retryAfterMs], ['attempts', 5, 10 * minuteMs]);
      await number.erase();
      clock.advance(10 * minuteMs - 1);
      expectOutcome(await number.begin(), 'refused');
      clock.advance(1);
      expectOutcome(await number.begin(), 'created');
    },
  },
  {
    name: 'purposes share the sends of their number',
    async run({ open }) {
      const number = numberOn(await open());
      for (const purpose of ['sign-in', 'withdrawal', 'default']) await number.create({ purpose });
      for (const purpose of ['sign-in', 'other']) {
        assert.equal(expectOutcome(await number.begin({ purpose }), 'refused').limit, 'sends');
      }
    },
  },
  {
    name: 'two numbers never share a budget',
    async run({ open }) {
      const store = await open();
      const limits: NumberLimits = { ...usualLimits, lock: { after: 5, forMs: dayMs } };
      const one = numberOn(store, { name: 'one', limits });
      const two = numberOn(store, { name: 'two', limits });
      const { nonce } = await two.create({ code: '222222' });
      await one.create();
      await one.guess(5);
      for (const begin of [await one.begin(), await one.begin({ purpose: 'other' })]) expectOutcome(begin, 'refused');
      const found = await two.find({ nonce });
      assert.equal(found?.sendsLeft, 2);
      assert.equal(found.checksLeft, 5);
      expectOutcome(await two.check('222222'), 'approved');
      assert.equal(await one.lookup(), null);
    },
  },
  {
    name: 'a begin that is refused does nothing',
    async run({ open, clock }) {
      const number = numberOn(await open(), {
        limits: { ...usualLimits, sends: [{ name: 'sends', max: 1, windowMs: minuteMs }] },
      });
      const { nonce } = await number.create({ code: '123456' });
      const before = await number.find();
      for (let i = 0; i < 5; i += 1) {
        const begin = { code: '654321', channel: 'voice', number: new Uint8Array([1]), repeatKeyIds: [] };
        expectOutcome(await number.begin(begin), 'refused');
      }
      assert.deepEqual(await number.find(), before);
      clock.advance(minuteMs);
      const { delivery, verification } = expectOutcome(await number.begin(), 'repeated');
      assert.equal(delivery, 2);
      assert.equal(verification.nonce, nonce);
      expectOutcome(await number.check('123456'), 'approved');
    },
  },
  {
    name: 'a store keeps no limits of its own: those of the call count',
    async run({ open }) {
      const store = await open();
      const under = (max: number) =>
        numberOn(store, {
          limits: {
            ...usualLimits,
            maxChecks: 20,
            wrongChecks: { max, windowMs: dayMs },
            sends: [{ name: 'sends', max, windowMs: dayMs }],
          },
        });
      await under(1).create({ code: '123456' });
      expectOutcome(await under(1).begin(), 'refused');
      assert.equal(expectOutcome(await under(4).begin(), 'repeated').verification.sendsLeft, 2);
      await under(4).guess(2);
      assert.equal((await under(3).find())?.checksLeft, 1);
      assert.equal((await under(9).find())?.checksLeft, 7);
      await under(9).guess(1);
      assert.notEqual(
        (await under(3).check('123456')).outcome,
        'approved',
        'three wrong checks a day are all of three',
      );
      assert.equal(await under(9).lookup(), null);
    },
  },
  {
    name: 'sendsLeft and checksLeft let go of what happened exactly a window ago',
    async run({ open, clock }) {
      const limits: NumberLimits = { ...usualLimits, wrongChecks: { max: 3, windowMs: minuteMs } };
      const number = numberOn(await open(), { limits });
      const { nonce, createdAtMs } = await number.create();
      await number.guess(1);
      for (const [afterMs, sendsLeft, checksLeft] of [
        [0, 2, 2],
        [minuteMs - 1, 2, 2],
        [minuteMs, 2, 3],
        [10 * minuteMs - 1, 2, 0],
        [10 * minuteMs, 3, 0],
      ] as const) {
        clock.set(createdAtMs + afterMs);
        const found = await number.find({ nonce });
        assert.deepEqual([found?.sendsLeft, found?.checksLeft], [sendsLeft, checksLeft], `${afterMs} ms later`);
      }
    },
  },
  {
    name: 'sendsLeft and nextSendAtMs foretell what a begin will answer',
    async run({ open, clock }) {
      const limits: NumberLimits = {
        ...usualLimits,
        gapMs: 5 * secondMs,
        lock: { after: 2, forMs: minuteMs },
        wrongChecks: { max: 2, windowMs: 2 * minuteMs },
      };
      const number = numberOn(await open(), { limits });
      const first = await number.create();
      assert.equal(first.sendsLeft, 2);
      assert.equal(first.nextSendAtMs, clock.now() + 5 * secondMs);
      clock.set(first.nextSendAtMs - 1);
      expectOutcome(await number.begin(), 'refused');
      clock.advance(1);
      assert.equal(expectOutcome(await number.begin(), 'repeated').verification.sendsLeft, 1);
      await number.guess(2);
      const blocked = await number.find();
      assert.equal(blocked?.sendsLeft, 0);
      assert.equal(
        blocked.nextSendAtMs,
        clock.now() + 2 * minuteMs,
        'when the last of lock, wrong checks and gap ends',
      );
      clock.set(blocked.nextSendAtMs - 1);
      expectOutcome(await number.begin(), 'refused');
      clock.advance(1);
      assert.ok(((await number.find())?.nextSendAtMs ?? Infinity) <= clock.now());
      assert.equal(expectOutcome(await number.begin(), 'repeated').verification.sendsLeft, 0);
    },
  },
];
