import assert from 'node:assert/strict';
import { expectOutcome, type ConformanceCase } from './case.ts';
import { dayMs, minuteMs, numberOn, secondMs, usualLimits } from './number.ts';

export const eraseCases: readonly ConformanceCase[] = [
  {
    name: 'an erasure forgets verifications, pending and ended, and that the number was verified',
    async run({ open, clock }) {
      const number = numberOn(await open());
      const approved = await number.create();
      expectOutcome(await number.check('111111'), 'approved');
      clock.advance(minuteMs);
      const pending = await number.create();
      await number.erase();
      assert.equal(await number.lookup(), null);
      for (const which of [{ nonce: approved.nonce }, { nonce: pending.nonce }, { purpose: 'default' }]) {
        assert.equal(await number.find(which), null);
        expectOutcome(await number.check('111111', which), 'not_found');
        expectOutcome(await number.cancel(which), 'not_found');
        expectOutcome(await number.approve(which), 'not_found');
      }
    },
  },
  {
    name: 'an erasure refills no sends and shortens no gap',
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: { ...usualLimits, gapMs: 10 * secondMs } });
      for (let i = 0; i < 3; i += 1) {
        await number.create();
        await number.erase();
        assert.equal(expectOutcome(await number.begin(), 'refused').limit, i < 2 ? 'gap' : 'sends');
        clock.advance(10 * secondMs);
      }
      const refused = expectOutcome(await number.begin(), 'refused');
      assert.deepEqual([refused.limit, refused.retryAfterMs], ['sends', 10 * minuteMs - 30 * secondMs]);
    },
  },
  {
    name: 'after an erasure a begin makes a new verification, which the code of the erased one does not approve',
    async run({ open }) {
      const number = numberOn(await open());
      const erased = await number.create({ code: '111111' });
      await number.guess(2);
      await number.erase();
      const begun = expectOutcome(await number.begin({ code: '222222' }), 'created');
      assert.deepEqual([begun.delivery, begun.verification.checksLeft, begun.verification.sendsLeft], [1, 5, 1]);
      assert.notEqual(begun.verification.nonce, erased.nonce);
      await number.settle(erased.nonce, 1, 'rejected');
      assert.deepEqual((await number.find())?.sendsLeft, 1);
      expectOutcome(await number.check('111111'), 'incorrect');
      expectOutcome(await number.check('222222'), 'approved');
    },
  },
  {
    name: 'erasing one number leaves every other, and one that is unknown can be erased',
    async run({ open }) {
      const store = await open();
      const number = numberOn(store, { name: 'one' });
      const { nonce } = await number.create();
      await numberOn(store, { name: 'two' }).erase();
      assert.equal((await number.find({ nonce }))?.status, 'pending');
      await number.erase();
      await number.erase();
      expectOutcome(await number.begin(), 'created');
    },
  },
  {
    name: 'the counters that an erasure leaves end by themselves',
    async run({ open, clock }) {
      const number = numberOn(await open());
      await number.create();
      await number.guess(5);
      await number.erase();
      clock.advance(dayMs);
      const { sendsLeft, checksLeft } = await number.create();
      assert.deepEqual([sendsLeft, checksLeft], [2, 5]);
      await number.guess(4);
      await number.cancel();
      await number.create();
      await number.guess(4);
      assert.equal((await number.find())?.checksLeft, 1);
    },
  },
];
