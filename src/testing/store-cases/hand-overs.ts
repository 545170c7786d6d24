import assert from 'node:assert/strict';
import { deliveryStatuses, laterStatus } from '../../verification.ts';
import type { StoredVerification } from '../../stores/store.ts';
import type { Act } from '../acts.ts';
import { diceOf } from '../dice.ts';
import { witness } from '../linearizability.ts';
import { allAtOnce, expectOutcome, handleOf, openHandles, type ConformanceCase } from './case.ts';
import { manySends, minuteMs, numberOn, requestsOf, secondMs, type HandOvers } from './number.ts';

const [, ...outcomes] = deliveryStatuses;

/** `1 one rejected`: which send, provider and status of each hand-over. */
function toldOf(found: StoredVerification | null): string[] {
  return (found?.deliveries ?? []).map(({ delivery, provider, status }) => `${delivery} ${provider} ${status}`);
}

/** So many providers, each with that status. */
function providers(count: number, status: HandOvers[string]): HandOvers {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index + 1}`, status]));
}

export const handOverCases: readonly ConformanceCase[] = [
  {
    name: 'a send that went on to further providers shows all of them, the first first, each with its time',
    async run({ open, clock }) {
      const number = numberOn(await open());
      const { nonce, createdAtMs } = await number.create();
      clock.advance(secondMs);
      await number.settleAll(nonce, 1, { one: 'rejected', two: 'unknown', three: 'accepted' });
      clock.advance(secondMs);
      await number.begin();
      clock.advance(secondMs);
      await number.settleAll(nonce, 2, { two: 'rejected', one: 'accepted' });
      await number.settle(nonce, 1, 'sent', 'four');
      const [begunAtMs, settledAtMs] = [createdAtMs + 2 * secondMs, createdAtMs + 3 * secondMs];
      assert.deepEqual((await number.find())?.deliveries, [
        { delivery: 1, provider: 'one', status: 'rejected', atMs: createdAtMs },
        { delivery: 1, provider: 'two', status: 'unknown', atMs: createdAtMs + secondMs },
        { delivery: 1, provider: 'three', status: 'accepted', atMs: createdAtMs + secondMs },
        { delivery: 1, provider: 'four', status: 'sent', atMs: settledAtMs },
        { delivery: 2, provider: 'two', status: 'rejected', atMs: begunAtMs },
        { delivery: 2, provider: 'one', status: 'accepted', atMs: settledAtMs },
      ]);
      assert.equal(expectOutcome(await number.begin(), 'repeated').delivery, 3);
      expectOutcome(await number.check('111111'), 'approved');
    },
  },
  {
    name: 'a hand-over that joins moves neither the time of the latest send nor any window',
    async run({ open, clock }) {
      const number = numberOn(await open());
      const { nonce, createdAtMs } = await number.create();
      clock.advance(minuteMs);
      await number.settleAll(nonce, 1, { one: 'rejected', two: 'accepted' });
      const found = await number.find();
      assert.deepEqual([found?.lastSendAtMs, found?.sendsLeft], [createdAtMs, 2]);
      assert.equal(expectOutcome(await number.cancel(), 'done').verification.lastSendAtMs, createdAtMs);
      clock.set(createdAtMs + 10 * minuteMs);
      assert.equal((await number.create()).sendsLeft, 2);
    },
  },
  {
    name: 'whichever hand-over is heard of first takes the place that its begin noted, and the others join it',
    async run({ open, clock }) {
      const number = numberOn(await open());
      const { nonce, createdAtMs } = await number.create();
      await number.settle(nonce, 1, 'delivered', 'two');
      clock.advance(secondMs);
      await number.settleAll(nonce, 1, { one: 'rejected', two: 'accepted' });
      assert.deepEqual((await number.find())?.deliveries, [
        { delivery: 1, provider: 'two', status: 'delivered', atMs: createdAtMs },
        { delivery: 1, provider: 'one', status: 'rejected', atMs: createdAtMs + secondMs },
      ]);
    },
  },
  {
    name: 'what is said of one provider leaves what is known of the others',
    async run({ open }) {
      const number = numberOn(await open());
      const { nonce } = await number.create();
      await number.begin();
      await number.settleAll(nonce, 1, { one: 'accepted', two: 'unknown' });
      await number.settle(nonce, 1, 'failed', 'one');
      await number.settle(nonce, 2, 'delivered', 'one');
      assert.deepEqual(toldOf(await number.find()), ['1 one failed', '1 two unknown', '2 one delivered']);
      await number.settle(nonce, 1, 'sent', 'two');
      assert.deepEqual(toldOf(await number.find()), ['1 one failed', '1 two sent', '2 one delivered']);
    },
  },
  {
    name: 'hand-overs that are said again, or of which more is known, change nothing',
    async run({ open, clock }) {
      const number = numberOn(await open());
      const { nonce } = await number.create();
      await number.settleAll(nonce, 1, { one: 'failed', two: 'sent' });
      const before = await number.find();
      clock.advance(secondMs);
      for (const again of [{ one: 'failed', two: 'sent' }, { two: 'accepted', one: 'rejected' }, { two: 'unknown' }]) {
        await number.settleAll(nonce, 1, again as HandOvers);
      }
      const found = await number.find();
      assert.deepEqual([found?.deliveries, found?.sendsLeft], [before?.deliveries, before?.sendsLeft]);
    },
  },
  {
    name: 'hand-overs of a send that has not begun join nothing',
    async run({ open }) {
      const number = numberOn(await open());
      const { nonce } = await number.create();
      const before = await number.find();
      for (const delivery of [0, 2, -1]) {
        await number.settleAll(nonce, delivery, { one: 'rejected', two: 'rejected' });
        await number.settleAll(nonce, delivery, { one: 'rejected', two: 'delivered' });
      }
      assert.deepEqual(await number.find(), before);
    },
  },
  {
    name: 'a send that one provider rejected and another may have taken is not given back',
    async run({ open }) {
      const store = await open();
      for (const status of outcomes.filter((outcome) => outcome !== 'rejected')) {
        for (const handOvers of [
          { one: 'rejected', two: status },
          { one: status, two: 'rejected' },
        ]) {
          const number = numberOn(store, { name: JSON.stringify(handOvers) });
          const { nonce } = await number.create();
          await number.settleAll(nonce, 1, handOvers as HandOvers);
          const found = await number.find();
          assert.deepEqual([found?.status, found?.sendsLeft], ['pending', 2], JSON.stringify(handOvers));
        }
      }
    },
  },
  {
    name: 'a send that every provider rejected is given back once, said together or one by one, and again',
    async run({ open }) {
      const store = await open();
      const all: HandOvers = { one: 'rejected', two: 'rejected', three: 'rejected' };
      for (const parts of [[all], [{ one: 'rejected' }, { two: 'rejected' }, all], [all, { three: 'rejected' }]]) {
        const number = numberOn(store, { name: JSON.stringify(parts) });
        const { nonce } = await number.create();
        await number.begin();
        await number.begin();
        for (const part of parts) await number.settleAll(nonce, 2, part as HandOvers);
        const found = await number.find();
        assert.deepEqual([found?.status, found?.sendsLeft], ['pending', 1]);
        assert.equal(found?.deliveries.length, 5);
        assert.equal(expectOutcome(await number.begin(), 'repeated').delivery, 4);
        assert.equal(expectOutcome(await number.begin(), 'refused').limit, 'sends');
      }
    },
  },
  {
    name: 'a send that every provider rejected is charged again, once and as of its begin, when one took it after all',
    async run({ open, clock }) {
      const store = await open();
      for (const took of ['one', 'two', 'a further one']) {
        const number = numberOn(store, { name: took });
        const { nonce, createdAtMs } = await number.create();
        clock.advance(minuteMs);
        await number.begin();
        await number.settleAll(nonce, 1, { one: 'rejected', two: 'rejected' });
        assert.equal((await number.find())?.sendsLeft, 2);
        clock.advance(minuteMs);
        for (const status of ['accepted', 'delivered'] as const) await number.settle(nonce, 1, status, took);
        await number.settle(nonce, 1, 'sent', 'one');
        assert.equal((await number.find())?.sendsLeft, 1, took);
        await number.begin();
        const refused = expectOutcome(await number.begin(), 'refused');
        assert.equal(refused.retryAfterMs, createdAtMs + 10 * minuteMs - clock.now(), took);
      }
    },
  },
  {
    name: 'a verification has failed when every provider has rejected each of its sends, and not before',
    async run({ open, clock }) {
      const store = await open();
      const rejected: HandOvers = { one: 'rejected', two: 'rejected' };
      const alone = numberOn(store, { name: 'one send' });
      const only = await alone.create();
      await alone.settleAll(only.nonce, 1, rejected);
      assert.equal((await alone.find({ nonce: only.nonce }))?.status, 'failed');

      const number = numberOn(store);
      const { nonce } = await number.create();
      await number.begin();
      await number.settleAll(nonce, 1, rejected);
      assert.equal((await number.find())?.status, 'pending', 'while a send is under way');
      clock.advance(1);
      await number.settleAll(nonce, 2, rejected);
      const found = await number.find({ nonce });
      assert.deepEqual([found?.status, found?.endedAtMs, found?.sendsLeft], ['failed', clock.now(), 3]);

      const taken = numberOn(store, { name: 'taken once' });
      const pending = await taken.create();
      await taken.begin();
      await taken.settleAll(pending.nonce, 1, { one: 'rejected', two: 'accepted' });
      await taken.settleAll(pending.nonce, 2, rejected);
      assert.equal((await taken.find())?.status, 'pending');
    },
  },
  {
    name: 'of a verification ten hand-overs are kept at most, those of its latest sends, and no other send is settled',
    async run({ open }) {
      const number = numberOn(await open(), { limits: manySends });
      const { nonce } = await number.create();
      await number.settle(nonce, 1, 'accepted', 'one');
      for (let send = 2; send <= 6; send += 1) {
        await number.begin();
        await number.settleAll(nonce, send, { one: 'rejected', two: 'rejected' });
      }
      const sends = (found: StoredVerification | null) => found?.deliveries.map(({ delivery }) => delivery);
      const six = await number.find();
      assert.deepEqual(sends(six), [2, 2, 3, 3, 4, 4, 5, 5, 6, 6]);
      for (const status of outcomes) await number.settleAll(nonce, 1, { one: status, two: status });
      await number.settleAll(nonce, 2, { two: 'rejected' });
      assert.deepEqual(await number.find(), six, 'a send of which nothing is kept was taken: this has not failed');
      await number.settle(nonce, 4, 'rejected', 'three');
      const joined = await number.find();
      assert.deepEqual(sends(joined), [3, 3, 4, 4, 4, 5, 5, 6, 6], 'no send is kept in part');
      assert.deepEqual([joined?.status, joined?.sendsLeft], ['pending', six?.sendsLeft]);
      for (let send = 7; send <= 8; send += 1) await number.begin();
      assert.deepEqual(sends(await number.find()), [4, 4, 4, 5, 5, 6, 6, 7, 8]);
    },
  },
  {
    name: 'of a send with more than ten hand-overs the first is kept, and what is known most of',
    async run({ open, clock }) {
      const number = numberOn(await open());
      const { nonce, createdAtMs } = await number.create();
      clock.advance(secondMs);
      const said: HandOvers = { ...providers(12, 'rejected'), p2: 'unknown', p11: 'accepted' };
      await number.settleAll(nonce, 1, said);
      const kept = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8', 'p9', 'p11'];
      const found = await number.find();
      assert.deepEqual(
        found?.deliveries.map(({ provider }) => provider),
        kept,
      );
      assert.equal(found?.sendsLeft, 2);
      await number.settleAll(nonce, 1, said);
      assert.deepEqual(await number.find(), found, 'said again');
      await number.begin();
      clock.advance(secondMs);
      await number.settleAll(nonce, 2, providers(12, 'rejected'));
      assert.equal((await number.find())?.sendsLeft, 2);
      await number.settle(nonce, 2, 'delivered', 'p12');
      const after = await number.find();
      assert.deepEqual(
        [after?.deliveries.length, after?.deliveries.at(-1)?.provider, after?.sendsLeft],
        [10, 'p12', 1],
      );
      assert.equal(after?.deliveries[0]?.atMs, createdAtMs + secondMs, 'the time of its begin');
    },
  },
  {
    name: 'hand-overs of many sends and providers, some at once, are told as the model tells them',
    async run(context) {
      const dice = diceOf(1);
      const stores = await openHandles(context, 2);
      const requests = requestsOf('a number', manySends);
      const { ask } = witness(stores, context.clock);
      const { nonce, ...begin } = requests.begin();
      await ask({ verb: 'begin', request: { ...begin, nonce } });
      await ask({ verb: 'settle', request: requests.settle(nonce, 1, 'accepted', 'p1') });
      let sends = 1;
      const act = (): Act => {
        if (dice.roll(6) === 0) {
          sends += 1;
          return { verb: 'begin', request: requests.begin() };
        }
        const status = () => dice.pick<HandOvers[string]>(['rejected', 'rejected', 'unknown', 'accepted', 'failed']);
        const from = 1 + dice.roll(4);
        const names = Array.from({ length: dice.pick([1, 1, 1, 2, 3, 12]) }, (_, index) => `p${from + index}`);
        const handOvers = Object.fromEntries(names.map((name) => [name, status()]));
        const delivery = Math.max(1, sends - dice.roll(4));
        return { verb: 'settle', request: requests.settleAll(nonce, delivery, handOvers) };
      };
      for (let step = 0; step < 60; step += 1) {
        context.clock.advance(dice.roll(secondMs));
        await ask(...Array.from({ length: 1 + dice.roll(3) }, act));
        await ask({ verb: 'find', request: requests.target({ nonce }) });
      }
    },
  },
  {
    name: 'settlings of several providers that race end as any order of them does',
    async run(context) {
      const stores = await openHandles(context);
      const number = numberOn(stores[0]);
      const { nonce } = await number.create();
      await number.begin();
      // Else all that is known for a moment might be that every provider rejected it, and it would have failed.
      await number.settle(nonce, 2, 'accepted', 'one');
      const names = ['one', 'two', 'three'];
      const said = Array.from({ length: 60 }, (_, index) => {
        const at = Math.floor(index / outcomes.length);
        const status = (by: number) => outcomes[(index + by) % outcomes.length] ?? 'unknown';
        const handOvers = { [names[at % 3] ?? '']: status(0), [names[(at + 1) % 3] ?? '']: status(2) };
        return { delivery: 1 + (index % 2), handOvers };
      });
      const highest = new Map<string, HandOvers[string]>([['2 one', 'accepted']]);
      for (const { delivery, handOvers } of said) {
        for (const [provider, status] of Object.entries(handOvers)) {
          const name = `${delivery} ${provider}`;
          highest.set(name, laterStatus(highest.get(name) ?? 'sending', status) as HandOvers[string]);
        }
      }
      await allAtOnce(said.length, async (index) => {
        const { delivery, handOvers } = said[index] ?? { delivery: 0, handOvers: {} };
        await numberOn(handleOf(stores, index)).settleAll(nonce, delivery, handOvers);
      });
      const found = await number.find();
      assert.deepEqual(toldOf(found).toSorted(), [...highest].map((told) => told.join(' ')).toSorted());
      assert.equal(found?.sendsLeft, 1);
    },
  },
];
