import assert from 'node:assert/strict';
import type { NumberLimits } from '../../stores/store.ts';
import type { EndedStatus } from '../../verification.ts';
import { expectOutcome, type ConformanceCase } from './case.ts';
import { dayMs, hourMs, manySends, minuteMs, nonceOf, numberOn, type NumberOnStore } from './number.ts';

/** Every way in which a pending verification of the purpose `default` ends other than by time. */
const ways: Record<Exclude<EndedStatus, 'expired'>, (number: NumberOnStore, nonce: string) => Promise<unknown>> = {
  approved: (number) => number.check('111111'),
  canceled: (number) => number.cancel(),
  superseded: (number) => number.create({ code: '222222', repeatKeyIds: [] }),
  max_checks_reached: (number) => number.guess(5),
  failed: (number, nonce) => number.settle(nonce, 1, 'rejected'),
};

export const endCases: readonly ConformanceCase[] = [
  ...Object.entries(ways).map(([status, end]): ConformanceCase => ({
    name: `what has ended as ${status} says so to its id and is not there by purpose`,
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: manySends });
      const { nonce } = await number.create();
      clock.advance(1);
      await end(number, nonce);
      const endedAtMs = clock.now();
      clock.advance(minuteMs);
      for (const code of ['111111', '000000']) {
        const ended = expectOutcome(await number.check(code, { nonce }), 'ended');
        assert.equal(ended.status, status);
        assert.equal(ended.verification.status, status);
        assert.equal(ended.verification.endedAtMs, endedAtMs);
      }
      const found = await number.find({ nonce });
      assert.deepEqual(
        [found?.nonce, found?.status, found?.endedAtMs, found?.checksLeft],
        [nonce, status, endedAtMs, 0],
      );
      if (status !== 'canceled') {
        assert.equal(expectOutcome(await number.cancel({ nonce }), 'ended').status, status);
      }
      if (status !== 'approved') {
        assert.equal(expectOutcome(await number.approve({ nonce }), 'ended').status, status);
        assert.equal(await number.lookup(), null);
      }
      const byPurpose = await number.find();
      if (status === 'superseded') {
        assert.notEqual(byPurpose?.nonce, nonce);
        expectOutcome(await number.check('111111'), 'incorrect');
      } else {
        assert.equal(byPurpose, null);
        expectOutcome(await number.check('111111'), 'not_found');
      }
    },
  })),
  {
    name: 'each purpose of a number has one live verification of its own',
    async run({ open }) {
      const number = numberOn(await open(), { limits: manySends });
      // Names that would mix where keys are joined, or where an object is taken for a map.
      const purposes = ['a', 'a:b', 'b', '__proto__', 'constructor', 'A', ' ', 'ü', ''];
      for (const [index, purpose] of purposes.entries()) {
        const { purpose: kept } = await number.create({ purpose, code: `00000${index + 1}` });
        assert.equal(kept, purpose);
      }
      expectOutcome(await number.cancel({ purpose: 'b' }), 'done');
      for (const [index, purpose] of purposes.entries()) {
        const { outcome } = await number.check(`00000${index + 1}`, { purpose });
        assert.equal(outcome, purpose === 'b' ? 'not_found' : 'approved', JSON.stringify(purpose));
      }
    },
  },
  {
    name: 'an id leads to its own verification only',
    async run({ open }) {
      const store = await open();
      const number = numberOn(store, { name: 'one' });
      const { nonce } = await number.create();
      const other = numberOn(store, { name: 'two' });
      await other.create();
      for (const [of, which] of [
        [number, { nonce: nonceOf('an id that was never given') }],
        [number, { purpose: 'other' }],
        [other, { nonce }],
        [numberOn(store, { name: 'three' }), { nonce }],
      ] as const) {
        expectOutcome(await of.check('111111', which), 'not_found');
        expectOutcome(await of.check('000000', which), 'not_found');
        expectOutcome(await of.cancel(which), 'not_found');
        expectOutcome(await of.approve(which), 'not_found');
        assert.equal(await of.find(which), null);
      }
      assert.equal((await number.find())?.checksLeft, 5);
      assert.equal((await other.find())?.checksLeft, 5);
      expectOutcome(await number.check('111111', { nonce }), 'approved');
    },
  },
  {
    name: 'the latest four ended ids of a number are told of, over all purposes, and no fifth',
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: manySends });
      const nonces: string[] = [];
      for (const purpose of ['a', 'b', 'a', 'c', 'b', 'a']) {
        nonces.push((await number.create({ purpose })).nonce);
        await number.cancel({ purpose });
        clock.advance(1);
      }
      for (const [index, nonce] of nonces.entries()) {
        const told = index >= 2;
        assert.equal((await number.find({ nonce }))?.status, told ? 'canceled' : undefined, `id ${index + 1} of 6`);
        assert.equal((await number.check('111111', { nonce })).outcome, told ? 'ended' : 'not_found');
        assert.equal((await number.approve({ nonce })).outcome, told ? 'ended' : 'not_found');
        assert.equal((await number.cancel({ nonce })).outcome, told ? 'done' : 'not_found');
      }
    },
  },
  {
    name: 'which ended ids are the latest goes by when they ended, not by when that was noticed',
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: { ...manySends, ended: { max: 1, keepMs: dayMs } } });
      const repeated = await number.create({ purpose: 'repeated' });
      const expiring = await number.create({ purpose: 'expiring' });
      clock.advance(minuteMs);
      expectOutcome(await number.begin({ purpose: 'repeated' }), 'repeated');
      clock.advance(hourMs);
      assert.equal(await number.find({ nonce: expiring.nonce }), null);
      assert.equal((await number.find({ nonce: repeated.nonce }))?.status, 'expired');
      const pending = await number.create({ purpose: 'pending' });
      clock.set(pending.expiresAtMs - 1);
      const canceled = await number.create({ purpose: 'canceled' });
      clock.set(pending.expiresAtMs + 1);
      await number.cancel({ purpose: 'canceled' });
      assert.equal(await number.find({ nonce: pending.nonce }), null);
      assert.equal((await number.find({ nonce: canceled.nonce }))?.status, 'canceled');
    },
  },
  {
    name: 'an ended id is told of for its time after the end, to the millisecond',
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: { ...manySends, ended: { max: 4, keepMs: 2 * hourMs } } });
      const canceled = await number.create({ purpose: 'canceled' });
      const expired = await number.create({ purpose: 'expired' });
      clock.advance(minuteMs);
      await number.cancel({ purpose: 'canceled' });
      for (const [{ nonce }, endMs] of [
        [canceled, clock.now()],
        [expired, expired.expiresAtMs],
      ] as const) {
        clock.set(endMs + 2 * hourMs - 1);
        expectOutcome(await number.check('111111', { nonce }), 'ended');
        clock.advance(1);
        expectOutcome(await number.check('111111', { nonce }), 'not_found');
        assert.equal(await number.find({ nonce }), null);
        expectOutcome(await number.cancel({ nonce }), 'not_found');
      }
    },
  },
  {
    name: 'where no ended ids are kept none is told of',
    async run({ open }) {
      const limits: NumberLimits = { ...manySends, ended: { max: 0, keepMs: 0 } };
      const number = numberOn(await open(), { limits });
      const { nonce } = await number.create();
      const { verification } = expectOutcome(await number.check('111111'), 'approved');
      assert.deepEqual([verification.nonce, verification.status], [nonce, 'approved']);
      assert.equal(await number.find({ nonce }), null);
      expectOutcome(await number.check('111111', { nonce }), 'not_found');
    },
  },
  ...(['cancel', 'approve'] as const).map((verb): ConformanceCase => {
    const status = verb === 'cancel' ? 'canceled' : 'approved';
    return {
      name: `${verb} ends a pending verification, and again gives the same answer, by id and by purpose`,
      async run({ open, clock }) {
        const number = numberOn(await open());
        const { nonce } = await number.create();
        const first = expectOutcome(await number[verb](), 'done');
        assert.equal(first.verification.status, status);
        assert.equal(first.verification.endedAtMs, clock.now());
        clock.advance(minuteMs);
        for (const which of [{ nonce }, { purpose: 'default' }, { nonce }]) {
          const again = expectOutcome(await number[verb](which), 'done').verification;
          assert.deepEqual([again.nonce, again.status, again.endedAtMs], [nonce, status, first.verification.endedAtMs]);
        }
        expectOutcome(await number[verb]({ purpose: 'other' }), 'not_found');
        expectOutcome(await number.check('111111'), 'not_found');
      },
    };
  }),
  {
    name: 'by purpose the pending verification is canceled before one that was canceled already, and only the latest counts',
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: manySends });
      const first = await number.create();
      await number.cancel();
      clock.advance(1);
      const second = await number.create();
      assert.equal(expectOutcome(await number.cancel(), 'done').verification.nonce, second.nonce);
      clock.advance(1);
      await number.create();
      expectOutcome(await number.check('111111'), 'approved');
      expectOutcome(await number.cancel(), 'not_found');
      assert.equal(expectOutcome(await number.cancel({ nonce: first.nonce }), 'done').verification.nonce, first.nonce);
    },
  },
];
