import assert from 'node:assert/strict';
import type { NumberLimits } from '../../stores/store.ts';
import { expectOutcome, openHandles, type ConformanceCase } from './case.ts';
import { dayMs, hourMs, manySends, minuteMs, numberOn, usualLimits } from './number.ts';

export const timeCases: readonly ConformanceCase[] = [
  {
    name: 'a clock that jumps back refills no sends',
    async run(context) {
      const [one, two = one] = await openHandles(context);
      for (let i = 0; i < 3; i += 1) assert.notEqual((await numberOn(one).begin()).outcome, 'refused');
      for (const backMs of [1, minuteMs, 2 * dayMs]) {
        context.clock.advance(-backMs);
        for (const store of [one, two]) {
          assert.equal(expectOutcome(await numberOn(store).begin({ purpose: 'other' }), 'refused').limit, 'sends');
        }
      }
    },
  },
  {
    name: 'a clock that jumps back refills no wrong checks and lifts no lock',
    async run(context) {
      const [one, two = one] = await openHandles(context);
      for (const [limit, limits] of [
        ['wrong_checks', { ...manySends, wrongChecks: { max: 3, windowMs: dayMs } }],
        ['lock', { ...manySends, lock: { after: 3, forMs: dayMs } }],
      ] as const) {
        const onHandle = (store = one) => numberOn(store, { name: limit, limits });
        await onHandle().create();
        await onHandle().guess(3);
        context.clock.advance(-hourMs);
        for (const store of [two, one]) {
          assert.equal(expectOutcome(await onHandle(store).check('111111'), 'blocked').limit, limit);
          assert.equal(expectOutcome(await onHandle(store).begin(), 'refused').limit, limit);
        }
        context.clock.advance(hourMs);
      }
    },
  },
  {
    name: 'a clock that jumps back revives no code that has ended and no verified mark',
    async run(context) {
      const { clock } = context;
      const [one, two = one] = await openHandles(context);
      const limits: NumberLimits = { ...manySends, verifiedMs: minuteMs };
      const [number, elsewhere] = [numberOn(one, { limits }), numberOn(two, { limits })];
      await number.create();
      expectOutcome(await number.check('111111'), 'approved');
      const { nonce } = await number.create();
      clock.advance(5 * minuteMs);
      await number.create({ purpose: 'other' });
      clock.advance(-5 * minuteMs);
      expectOutcome(await elsewhere.check('111111'), 'not_found');
      assert.equal(expectOutcome(await elsewhere.check('111111', { nonce }), 'ended').status, 'expired');
      assert.equal(await elsewhere.lookup(), null);
      expectOutcome(await number.check('111111'), 'not_found');
    },
  },
  {
    name: 'after a clock has jumped back time goes on: codes end and windows slide as if it had not',
    async run(context) {
      const { clock } = context;
      const [one, two = one] = await openHandles(context);
      await numberOn(one, { name: 'ahead' }).create();
      clock.advance(-2 * dayMs);
      for (const [index, store] of [one, two].entries()) {
        const number = numberOn(store, { name: `number ${index}` });
        for (let i = 0; i < 3; i += 1) assert.notEqual((await number.begin()).outcome, 'refused');
        clock.advance(5 * minuteMs - 1);
        expectOutcome(await number.check('000000'), 'incorrect');
        clock.advance(1);
        expectOutcome(await number.check('000000'), 'not_found');
        clock.advance(5 * minuteMs - 1);
        expectOutcome(await number.begin(), 'refused');
        clock.advance(1);
        expectOutcome(await number.begin(), 'created');
      }
    },
  },
  {
    name: 'while the clock is behind what it said before, windows do not move',
    async run(context) {
      const { clock } = context;
      const number = numberOn(await context.open(), { limits: usualLimits });
      await number.create();
      clock.advance(-hourMs);
      assert.equal(expectOutcome(await number.begin(), 'repeated').verification.sendsLeft, 1);
      clock.advance(hourMs);
      await number.begin();
      const refused = expectOutcome(await number.begin(), 'refused');
      clock.advance(refused.retryAfterMs - 1);
      expectOutcome(await number.begin(), 'refused');
      clock.advance(1);
      assert.notEqual((await number.begin()).outcome, 'refused');
    },
  },
];
