import assert from 'node:assert/strict';
import type { NumberLimits } from '../../stores/store.ts';
import { expectOutcome, type ConformanceCase } from './case.ts';
import { dayMs, hourMs, manySends, minuteMs, numberOn, secondMs, type NumberOnStore } from './number.ts';

/** Three wrong checks of a number in a day, so that two and one spend them. */
const threeADay: NumberLimits = { ...manySends, wrongChecks: { max: 3, windowMs: dayMs } };

/** What must not refill the day's wrong checks: done between the second wrong check and the third. */
const refills: Record<string, (number: NumberOnStore) => Promise<unknown>> = {
  'a new code': (number) => number.begin({ repeatKeyIds: [] }),
  'a repeated code': (number) => number.begin(),
  'another purpose': (number) => number.begin({ purpose: 'other' }),
  'a cancellation': (number) => number.cancel(),
  'an approval by code': (number) => number.check('111111'),
  "an approval on the caller's word": (number) => number.approve(),
  'an unlock': (number) => number.unlock(),
  'an erasure': (number) => number.erase(),
};

export const wrongCheckCases: readonly ConformanceCase[] = [
  {
    name: 'the last wrong check of a verification ends it, and not even the right code is compared after it',
    async run({ open }) {
      const number = numberOn(await open());
      const { nonce } = await number.create();
      for (const left of [4, 3, 2, 1]) {
        const { verification } = expectOutcome(await number.check('000000'), 'incorrect');
        assert.equal(verification.status, 'pending');
        assert.equal(verification.checksLeft, left);
      }
      const { verification } = expectOutcome(await number.check('000000'), 'incorrect');
      assert.equal(verification.status, 'max_checks_reached');
      assert.equal(verification.checksLeft, 0);
      assert.equal(expectOutcome(await number.check('111111', { nonce }), 'ended').status, 'max_checks_reached');
      expectOutcome(await number.check('111111'), 'not_found');
      assert.equal(await number.lookup(), null);
    },
  },
  {
    name: 'after a verification was guessed to its end a new one can be approved',
    async run({ open }) {
      const number = numberOn(await open());
      await number.create();
      await number.guess(5);
      const { checksLeft } = await number.create({ code: '222222' });
      assert.equal(checksLeft, 5);
      expectOutcome(await number.check('222222'), 'approved');
    },
  },
  {
    name: 'a repeat does not refill the checks of its verification',
    async run({ open }) {
      const number = numberOn(await open());
      const { nonce } = await number.create();
      await number.guess(4);
      assert.equal(expectOutcome(await number.begin(), 'repeated').verification.checksLeft, 1);
      await number.guess(1);
      assert.equal((await number.find({ nonce }))?.status, 'max_checks_reached');
    },
  },
  {
    name: 'wrong checks of a number in any 24 hours are counted to the millisecond, over all verifications and purposes',
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: threeADay });
      const startMs = clock.now() + 9 * hourMs;
      const create = (purpose: string) => number.create({ purpose, repeatKeyIds: [] });
      clock.set(startMs);
      await create('one');
      await number.guess(1, { purpose: 'one' });
      clock.set(startMs + 1);
      await create('two');
      await number.guess(1, { purpose: 'two' });
      clock.set(startMs + 20 * hourMs);
      await create('one');
      assert.equal((await number.find({ purpose: 'one' }))?.checksLeft, 1);
      await number.guess(1, { purpose: 'one' });
      const refusal = { limit: 'wrong_checks', max: 3, windowMs: dayMs };
      for (const [atMs, retryAfterMs] of [
        [startMs + 20 * hourMs, 4 * hourMs],
        [startMs + dayMs - 1, 1],
      ] as const) {
        clock.set(atMs);
        assert.deepEqual(await number.begin({ purpose: 'three' }), { outcome: 'refused', ...refusal, retryAfterMs });
      }
      clock.set(startMs + dayMs);
      await create('two');
      await number.guess(1, { purpose: 'two' });
      assert.deepEqual(await number.check('111111', { purpose: 'two' }), {
        outcome: 'blocked',
        ...refusal,
        retryAfterMs: 1,
      });
      clock.advance(1);
      expectOutcome(await number.check('111111', { purpose: 'two' }), 'approved');
    },
  },
  {
    name: 'a number whose wrong checks are spent has no code compared and no check charged until the window lets one go',
    async run({ open, clock }) {
      const limits: NumberLimits = { ...manySends, wrongChecks: { max: 3, windowMs: minuteMs } };
      const number = numberOn(await open(), { limits });
      const { nonce } = await number.create();
      await number.guess(3);
      for (let i = 0; i < 9; i += 1) {
        const blocked = expectOutcome(await number.check(i % 2 ? '111111' : '000000', { nonce }), 'blocked');
        assert.deepEqual([blocked.limit, blocked.retryAfterMs], ['wrong_checks', minuteMs - i * secondMs]);
        clock.advance(secondMs);
      }
      clock.advance(minuteMs - 9 * secondMs);
      assert.equal((await number.find())?.checksLeft, 2);
      expectOutcome(await number.check('111111'), 'approved');
    },
  },
  ...Object.entries(refills).map(([what, between]): ConformanceCase => ({
    name: `${what} does not refill the wrong checks of a day`,
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: threeADay });
      await number.create();
      await number.guess(2);
      await between(number);
      clock.advance(hourMs);
      await number.create({ repeatKeyIds: [] });
      await number.guess(1);
      expectOutcome(await number.check('111111'), 'blocked');
      const refused = expectOutcome(await number.begin({ purpose: 'third' }), 'refused');
      assert.deepEqual([refused.limit, refused.retryAfterMs], ['wrong_checks', dayMs - hourMs]);
    },
  })),
  {
    name: 'a code of another length is malformed: not compared and not charged',
    async run({ open }) {
      const number = numberOn(await open());
      const { nonce } = await number.create({ code: '123456' });
      for (let i = 0; i < 20; i += 1) {
        for (const code of ['12345', '1234567']) {
          assert.deepEqual(await number.check(code, { nonce }), { outcome: 'malformed', codeLength: 6 });
        }
      }
      assert.equal((await number.find())?.checksLeft, 5);
      expectOutcome(await number.check('123456'), 'approved');
    },
  },
  {
    name: 'of several digests the one under the key of the code is compared',
    async run({ open }) {
      const store = await open();
      const limits = manySends;
      const number = numberOn(store, { limits });
      await number.create({ code: '123456', keyId: 'key-2' });
      expectOutcome(await number.check('654321', undefined, ['key-1', 'key-2', 'key-3']), 'incorrect');
      expectOutcome(await number.check('123456', undefined, ['key-3', 'key-2', 'key-1']), 'approved');
    },
  },
  {
    name: 'digests under other keys than that of the code approve nothing and are not charged',
    async run({ open }) {
      const number = numberOn(await open());
      const { nonce } = await number.create({ code: '123456', keyId: 'key-2' });
      for (let i = 0; i < 20; i += 1) {
        const which = i % 2 ? { nonce } : { purpose: 'default' };
        const keyIds = i < 10 ? ['key-1', 'key-3'] : [];
        expectOutcome(await number.check('123456', which, keyIds), 'not_found');
      }
      assert.equal(await number.lookup(), null);
      assert.equal((await number.find({ nonce }))?.checksLeft, 5);
    },
  },
];
