import assert from 'node:assert/strict';
import { deliveryStatuses } from '../../verification.ts';
import type { NumberLimits, SettledHandOver } from '../../stores/store.ts';
import { allAtOnce, expectOutcome, handleOf, openHandles, type ConformanceCase } from './case.ts';
import { handOverCases } from './hand-overs.ts';
import { idOf, minuteMs, numberOn, usualLimits, type NumberOnStore } from './number.ts';

const [, ...outcomes] = deliveryStatuses;

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

/** How many sends pass at this moment. */
async function sendsThatPass(number: NumberOnStore): Promise<number> {
  for (let count = 0; ; count += 1) if ((await number.begin()).outcome === 'refused') return count;
}

export const settleCases: readonly ConformanceCase[] = [
  {
    name: 'the highest status of a delivery stands, whatever the order and however often each is said',
    async run({ open }) {
      const store = await open();
      const words: readonly SettledHandOver['status'][] = ['rejected', 'unknown', 'accepted', 'delivered'];
      for (const [index, order] of permutations(words).entries()) {
        const number = numberOn(store, { name: `number ${index}` });
        const { nonce, createdAtMs } = await number.create();
        await number.begin();
        await number.settle(nonce, 1, 'accepted');
        for (const status of order) for (const again of [status, status]) await number.settle(nonce, 2, again);
        const found = await number.find({ nonce });
        assert.deepEqual(
          [found?.status, found?.sendsLeft, found?.deliveries],
          [
            'pending',
            1,
            [
              { delivery: 1, provider: 'carrier', status: 'accepted', atMs: createdAtMs },
              { delivery: 2, provider: 'carrier', status: 'delivered', atMs: createdAtMs },
            ],
          ],
          order.join(', '),
        );
      }
    },
  },
  {
    name: 'of two statuses of a delivery the higher stands, whichever was said first',
    async run({ open }) {
      const store = await open();
      for (const [low, lower] of outcomes.entries()) {
        for (const higher of outcomes.slice(low + 1)) {
          for (const order of [
            [lower, higher],
            [higher, lower],
          ]) {
            const number = numberOn(store, { name: order.join(' then ') });
            const { nonce } = await number.create();
            await number.begin();
            for (const status of order) await number.settle(nonce, 2, status);
            const found = await number.find();
            assert.deepEqual(
              found?.deliveries.map(({ status }) => status),
              ['sending', higher],
              order.join(' then '),
            );
            assert.equal(found?.sendsLeft, 1);
          }
        }
      }
    },
  },
  {
    name: 'a rejected send is not charged, and is given back once however often that is said',
    async run({ open }) {
      const number = numberOn(await open());
      const { nonce } = await number.create();
      assert.equal(await sendsThatPass(number), 2);
      for (let i = 0; i < 3; i += 1) await number.settle(nonce, 2, 'rejected');
      assert.equal((await number.find())?.sendsLeft, 1);
      assert.equal(await sendsThatPass(number), 1);
    },
  },
  {
    name: 'a rejected send leaves every window, and not the sends beside it',
    async run({ open, clock }) {
      const limits: NumberLimits = { ...usualLimits, gapMs: minuteMs };
      const number = numberOn(await open(), { limits });
      const { nonce } = await number.create();
      clock.advance(minuteMs);
      await number.begin();
      assert.equal(expectOutcome(await number.begin(), 'refused').limit, 'gap');
      await number.settle(nonce, 2, 'rejected');
      assert.equal(expectOutcome(await number.begin(), 'repeated').delivery, 3);
      clock.advance(minuteMs);
      assert.equal((await number.find())?.sendsLeft, 1);
      assert.equal(await sendsThatPass(number), 1);
    },
  },
  {
    name: 'a send that was rejected and turns out to have been taken is charged again',
    async run({ open, clock }) {
      const number = numberOn(await open());
      const { nonce, createdAtMs } = await number.create();
      clock.advance(minuteMs);
      await number.begin();
      await number.settle(nonce, 1, 'rejected');
      assert.equal((await number.find())?.sendsLeft, 2);
      await number.settle(nonce, 1, 'delivered');
      assert.equal((await number.find())?.sendsLeft, 1);
      assert.equal(await sendsThatPass(number), 1);
      const refused = expectOutcome(await number.begin(), 'refused');
      assert.equal(refused.retryAfterMs, createdAtMs + 10 * minuteMs - clock.now());
    },
  },
  {
    name: 'only a rejection gives a send back',
    async run({ open }) {
      const store = await open();
      for (const status of outcomes.filter((outcome) => outcome !== 'rejected')) {
        const number = numberOn(store, { name: status });
        const { nonce } = await number.create();
        await number.settle(nonce, 1, status);
        assert.equal((await number.find())?.status, 'pending');
        assert.equal(await sendsThatPass(number), 2, status);
      }
    },
  },
  {
    name: 'a verification all of whose deliveries are rejected has failed',
    async run({ open, clock }) {
      const number = numberOn(await open());
      const { nonce } = await number.create();
      await number.begin();
      await number.settle(nonce, 2, 'rejected');
      assert.equal((await number.find())?.status, 'pending');
      clock.advance(1);
      await number.settle(nonce, 1, 'rejected');
      const found = await number.find({ nonce });
      assert.deepEqual([found?.status, found?.endedAtMs, found?.sendsLeft], ['failed', clock.now(), 3]);
      expectOutcome(await number.check('111111'), 'not_found');
      assert.equal(expectOutcome(await number.begin(), 'created').delivery, 1);
    },
  },
  {
    name: 'a rejected repeat leaves its verification pending and its code good',
    async run({ open }) {
      const number = numberOn(await open());
      const { nonce } = await number.create();
      await number.settle(nonce, 1, 'accepted');
      await number.begin();
      await number.settle(nonce, 2, 'rejected');
      assert.equal((await number.find())?.status, 'pending');
      expectOutcome(await number.check('111111'), 'approved');
    },
  },
  {
    name: 'settling what is not live any more, or never was, does nothing',
    async run({ open, clock }) {
      const store = await open();
      const ends: Record<string, (number: NumberOnStore, nonce: string) => Promise<unknown>> = {
        canceled: (number) => number.cancel(),
        approved: (number) => number.check('111111'),
        superseded: (number) => number.create({ repeatKeyIds: [] }),
        erased: (number) => number.erase(),
        failed: (number, nonce) => number.settle(nonce, 1, 'rejected'),
        expired: async () => clock.advance(5 * minuteMs),
      };
      for (const [name, end] of Object.entries(ends)) {
        const number = numberOn(store, { name });
        const { nonce } = await number.create();
        await end(number, nonce);
        const before = await number.find({ nonce });
        const pendingBefore = await number.find();
        for (const status of outcomes) await number.settle(nonce, 1, status);
        assert.deepEqual(await number.find({ nonce }), before, name);
        assert.deepEqual(await number.find(), pendingBefore, name);
        assert.equal(await sendsThatPass(number), { failed: 3, superseded: 1 }[name] ?? 2, name);
      }
      const number = numberOn(store);
      await number.settle(idOf('an id that was never given'), 1, 'rejected');
      const { nonce } = await number.create();
      for (const delivery of [0, 2, -1]) await number.settle(nonce, delivery, 'rejected');
      await numberOn(store, { name: 'another number' }).settle(nonce, 1, 'rejected');
      assert.deepEqual(
        (await number.find())?.deliveries.map(({ status }) => status),
        ['sending'],
      );
      assert.equal(await sendsThatPass(number), 2);
    },
  },
  {
    name: 'settlings that race end as any order of them does',
    async run(context) {
      const stores = await openHandles(context);
      const number = numberOn(stores[0]);
      const { nonce } = await number.create();
      await number.begin();
      await allAtOnce(40, async (index) => {
        const status = outcomes[index % outcomes.length] ?? 'unknown';
        await numberOn(handleOf(stores, index)).settle(nonce, 1 + (index % 2), status);
      });
      const found = await number.find();
      assert.deepEqual(
        found?.deliveries.map(({ status }) => status),
        ['failed', 'delivered'],
      );
      assert.equal(found?.sendsLeft, 1);
    },
  },
  ...handOverCases,
];
