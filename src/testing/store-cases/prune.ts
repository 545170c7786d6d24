import assert from 'node:assert/strict';
import { allAtOnce, expectOutcome, pruneAll, type ConformanceCase } from './case.ts';
import { dayMs, hourMs, idOf, manySends, minuteMs, numberOn, secretOf, usualLimits } from './number.ts';

export const pruneCases: readonly ConformanceCase[] = [
  {
    name: 'a prune takes at most so many numbers at once, and says when it is done',
    async run({ open, clock }) {
      const store = await open();
      await allAtOnce(20, (index) => numberOn(store, { name: `number ${index}` }).create());
      for (const afterMs of [0, 6 * minuteMs, dayMs, 2 * dayMs, 366 * dayMs]) {
        clock.advance(afterMs);
        assert.ok((await pruneAll(store, 3)) <= 20);
        assert.equal(await store.prune({ max: 3 }), 0, 'what was pruned once is not touched again');
      }
    },
  },
  {
    name: 'a prune takes at most 500 numbers when not told how many',
    async run({ open, clock }) {
      const store = await open();
      await allAtOnce(501, (index) => numberOn(store, { name: `number ${index}` }).create());
      clock.advance(366 * dayMs);
      assert.ok((await store.prune()) <= 500);
      await pruneAll(store, 500);
    },
  },
  {
    name: 'a prune changes no answer',
    async run({ open, clock }) {
      const store = await open();
      const limits = { ...usualLimits, lock: { after: 5, forMs: 3 * dayMs } };
      const locked = numberOn(store, { name: 'locked', limits });
      const number = numberOn(store, { limits });
      await locked.create();
      await locked.guess(5);
      const ids: string[] = [];
      for (const purpose of ['approved', 'pending', 'canceled']) ids.push((await number.create({ purpose })).nonce);
      expectOutcome(await number.check('111111', { purpose: 'approved' }), 'approved');
      await number.guess(4, { purpose: 'pending' });
      await number.cancel({ purpose: 'canceled' });
      const answers = async () => [
        await Promise.all(ids.map((nonce) => number.find({ nonce }))),
        await number.lookup(),
        await Promise.all([locked, number].map((one) => one.find({ purpose: 'pending' }))),
        expectOutcome(await locked.begin({ purpose: 'new' }), 'refused').retryAfterMs,
      ];
      for (const afterMs of [0, 5 * minuteMs - 1, 1, 5 * minuteMs, 12 * hourMs, 11 * hourMs + 50 * minuteMs]) {
        clock.advance(afterMs);
        const before = await answers();
        await pruneAll(store, 1);
        assert.deepEqual(await answers(), before);
      }
      clock.advance(dayMs);
      await pruneAll(store, 1);
      assert.deepEqual(await number.lookup(), { verifiedAtMs: clock.now() - 2 * dayMs });
      assert.equal(expectOutcome(await locked.begin(), 'refused').limit, 'lock');
    },
  },
  {
    name: 'digest and seal of a code are at rest no longer than the code is good',
    needs: 'dump',
    async run({ open, clock, dump }) {
      assert.ok(dump);
      const store = await open();
      const limits = manySends;
      const ends: Record<string, (nonce: string) => Promise<unknown>> = {
        approved: () => numberOn(store, { name: 'approved', limits }).check('111111'),
        'approved on a word': () => numberOn(store, { name: 'approved on a word', limits }).approve(),
        canceled: () => numberOn(store, { name: 'canceled', limits }).cancel(),
        guessed: () => numberOn(store, { name: 'guessed', limits }).guess(5),
        failed: (nonce) => numberOn(store, { name: 'failed', limits }).settle(nonce, 1, 'rejected'),
        superseded: () => numberOn(store, { name: 'superseded', limits }).create({ code: '222222', repeatKeyIds: [] }),
        erased: () => numberOn(store, { name: 'erased', limits }).erase(),
        expired: async () => {
          clock.advance(6 * minuteMs);
          await pruneAll(store, 500);
        },
      };
      const [digest, seal] = [secretOf('111111').digest, secretOf('111111').seal].map((bytes) =>
        Buffer.from(bytes).toString('hex'),
      ) as [string, string];
      for (const [name, end] of Object.entries(ends)) {
        const { nonce } = await numberOn(store, { name, limits }).create();
        const before = await dump();
        assert.ok(
          before.includes(digest) && before.includes(seal),
          `the dump shows the code of what is pending: ${name}`,
        );
        await end(nonce);
        const after = await dump();
        assert.ok(!after.includes(digest) && !after.includes(seal), name);
      }
    },
  },
  {
    name: 'nothing about a number is left after its windows have ended',
    needs: 'dump',
    async run({ open, clock, dump }) {
      assert.ok(dump);
      const store = await open();
      const sealed = new Uint8Array(Buffer.from('sealed number at rest'));
      const shows = async () => (await dump()).includes(Buffer.from(sealed).toString('hex'));
      const number = numberOn(store);
      await number.create({ number: sealed });
      assert.ok(await shows());
      await number.erase();
      assert.ok(!(await shows()), 'an erased number');
      await number.create({ number: sealed });
      await number.guess(1);
      clock.advance(366 * dayMs);
      await pruneAll(store, 500);
      assert.ok(!(await shows()));
      assert.ok(!(await dump()).includes(idOf('a number')), 'the subject');
    },
  },
];
