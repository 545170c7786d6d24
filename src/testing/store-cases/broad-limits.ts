import assert from 'node:assert/strict';
import { broadLimit, expectLeft, sendUnder, spend } from './broad-limit.ts';
import { allAtOnce, expectOutcome, handleOf, openHandles, type ConformanceCase } from './case.ts';
import { hourMs, manySends, minuteMs, numberOn, usualLimits } from './number.ts';

export const broadLimitCases: readonly ConformanceCase[] = [
  {
    name: 'of begins of many numbers that race for what a broad limit has left exactly so many are not refused',
    async run(context) {
      const stores = await openHandles(context);
      const limit = broadLimit('country', 12, hourMs);
      await spend(stores[0], limit, 5);
      const results = await allAtOnce(60, (index) => sendUnder(handleOf(stores, index), limit));
      const refused = results.flatMap((result) => (result.outcome === 'refused' ? [result.limit] : []));
      assert.deepEqual(refused, Array(53).fill('country'));
      await expectLeft(stores[0], limit, 0);
    },
  },
  {
    name: 'of begins that race under several broad limits as many are not refused as the narrowest lets through, and no other is charged for more',
    async run(context) {
      const stores = await openHandles(context);
      const [wide, narrow, wider] = [
        broadLimit('tenant', 20, hourMs),
        broadLimit('address', 7, minuteMs),
        broadLimit('service', 30, hourMs),
      ];
      const results = await allAtOnce(15, (index) => sendUnder(handleOf(stores, index), wide, narrow, wider));
      assert.equal(results.filter(({ outcome }) => outcome === 'created').length, 7);
      await expectLeft(stores[0], wide, 13);
      await expectLeft(stores[0], wider, 23);
    },
  },
  {
    name: 'begins of one number that race under a broad limit take one each, and repeats count too',
    async run(context) {
      const stores = await openHandles(context);
      const limit = broadLimit('address', 5, hourMs);
      const results = await allAtOnce(20, (index) =>
        numberOn(handleOf(stores, index), { limits: manySends }).begin({ broadLimits: [limit] }),
      );
      const outcomes = results.map(({ outcome }) => outcome).toSorted();
      assert.deepEqual(
        outcomes,
        ['created', ...Array<string>(15).fill('refused'), ...Array<string>(4).fill('repeated')].toSorted(),
      );
      await expectLeft(stores[0], limit, 0);
    },
  },
  {
    name: 'what one broad limit refuses takes nothing from the others, wherever it stands among them',
    async run({ open }) {
      const store = await open();
      const [first, spent, last] = [
        broadLimit('first', 3, hourMs),
        broadLimit('spent', 2, hourMs),
        broadLimit('last', 3, hourMs),
      ];
      await spend(store, spent, 2);
      for (const limits of [
        [first, spent, last],
        [spent, first, last],
        [last, first, spent],
      ]) {
        for (let i = 0; i < 3; i += 1) {
          assert.equal(expectOutcome(await sendUnder(store, ...limits), 'refused').limit, 'spent');
        }
      }
      await expectLeft(store, first, 3);
      await expectLeft(store, last, 3);
    },
  },
  {
    name: 'what a broad limit refuses takes nothing from the number, and leaves its pending code as it is',
    async run({ open }) {
      const store = await open();
      const spent = broadLimit('address', 1, hourMs);
      await spend(store, spent, 1);
      const [fresh, pending] = [numberOn(store, { name: 'fresh' }), numberOn(store, { name: 'pending' })];
      const { nonce } = await pending.create({ code: '123456' });
      const before = await pending.find();
      for (let i = 0; i < 15; i += 1) {
        expectOutcome(await fresh.begin({ broadLimits: [spent] }), 'refused');
        expectOutcome(await pending.begin({ broadLimits: [spent], repeatKeyIds: i % 2 ? [] : ['key-1'] }), 'refused');
      }
      assert.equal(await fresh.find(), null);
      assert.deepEqual(await pending.find(), before);
      expectOutcome(await pending.check('123456', { nonce }), 'approved');
      for (const left of [2, 1, 0]) {
        const begun = await fresh.begin();
        assert.ok(begun.outcome !== 'refused');
        assert.equal(begun.verification.sendsLeft, left);
      }
      assert.equal(expectOutcome(await fresh.begin(), 'refused').limit, 'sends');
    },
  },
  {
    name: "what the number's own limits refuse takes nothing from a broad limit",
    async run({ open }) {
      const store = await open();
      const limit = broadLimit('address', 10, hourMs);
      const sent = numberOn(store, { name: 'sent' });
      for (let i = 0; i < 3; i += 1) assert.notEqual((await sent.begin({ broadLimits: [limit] })).outcome, 'refused');
      const locked = numberOn(store, {
        name: 'locked',
        limits: { ...manySends, lock: { after: 2, forMs: hourMs } },
      });
      await locked.create({ broadLimits: [limit] });
      await locked.guess(2);
      for (let i = 0; i < 5; i += 1) {
        assert.equal(expectOutcome(await sent.begin({ broadLimits: [limit] }), 'refused').limit, 'sends');
        assert.equal(expectOutcome(await locked.begin({ broadLimits: [limit] }), 'refused').limit, 'lock');
      }
      await expectLeft(store, limit, 6);
    },
  },
  {
    name: "where the number's own limits and broad ones refuse, the number's own is told, however short its wait",
    async run({ open }) {
      const store = await open();
      const spent = broadLimit('service', 1, 24 * hourMs);
      const number = numberOn(store, { limits: { ...usualLimits, gapMs: 1 } });
      await number.create({ broadLimits: [spent] });
      assert.equal(expectOutcome(await number.begin({ broadLimits: [spent] }), 'refused').limit, 'gap');
    },
  },
  {
    name: 'of several broad limits that refuse the one with the longest wait is told, whatever its window and place',
    async run({ open, clock }) {
      const store = await open();
      const [long, short] = [broadLimit('long', 1, hourMs), broadLimit('short', 1, 10 * minuteMs)];
      await spend(store, long, 1);
      await spend(store, short, 1);
      for (const limits of [
        [long, short],
        [short, long],
      ]) {
        const { limit, max, windowMs } = expectOutcome(await sendUnder(store, ...limits), 'refused');
        assert.deepEqual({ limit, max, windowMs }, { limit: 'long', max: 1, windowMs: hourMs });
      }
      clock.advance(55 * minuteMs);
      await spend(store, short, 1);
      for (const limits of [
        [long, short],
        [short, long],
      ]) {
        const { limit, max, windowMs } = expectOutcome(await sendUnder(store, ...limits), 'refused');
        assert.deepEqual({ limit, max, windowMs }, { limit: 'short', max: 1, windowMs: 10 * minuteMs });
      }
    },
  },
  {
    name: 'limits of one name and different keys do not share, and one key is shared by all numbers',
    async run(context) {
      const stores = await openHandles(context);
      const [one, another] = ['one', 'another'].map((whose) => ({ ...broadLimit(whose, 2, hourMs), name: 'address' }));
      assert.ok(one && another);
      await expectLeft(stores[0], one, 2);
      await expectLeft(handleOf(stores, 1), another, 2);
      for (const [index] of stores.entries()) {
        expectOutcome(await sendUnder(handleOf(stores, index), one), 'refused');
      }
    },
  },
  {
    name: 'neither an erasure nor a rejected send nor the end of a verification gives anything back to a broad limit',
    async run({ open }) {
      const store = await open();
      const limit = broadLimit('address', 4, hourMs);
      const [erased, rejected, canceled, approved] = ['erased', 'rejected', 'canceled', 'approved'].map((name) =>
        numberOn(store, { name }),
      );
      await erased?.create({ broadLimits: [limit] });
      const { nonce } = (await rejected?.create({ broadLimits: [limit] })) ?? { nonce: '' };
      await canceled?.create({ broadLimits: [limit] });
      await approved?.create({ broadLimits: [limit] });
      await erased?.erase();
      await rejected?.settle(nonce, 1, 'rejected');
      await canceled?.cancel();
      await approved?.check('111111');
      await expectLeft(store, limit, 0);
    },
  },
];
