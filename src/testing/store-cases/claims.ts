import assert from 'node:assert/strict';
import type { ClaimOutcome, Store } from '../../stores/store.ts';
import { allAtOnce, expectOutcome, handleOf, openHandles, pruneAll, type ConformanceCase } from './case.ts';
import { dayMs, hourMs, idOf, secondMs } from './number.ts';

const leaseMs = 30 * secondMs;
const keepMs = dayMs;

/** Every byte, more than once. */
const answer = Uint8Array.from({ length: 3_001 }, (_, index) => (index * 7) % 256);

interface ClaimDetails {
  /** Whose turn it is to be. */
  by?: string;
  key?: string;
  /** What is asked for. */
  asks?: string;
}

/** The verbs about idempotency keys: of one key, by one caller, who asks for one thing, unless said otherwise. */
function claimsOn(store: Store) {
  const names = ({ key = 'a key', by = 'a caller' }: ClaimDetails) => ({ key: idOf(key), token: idOf(by) });
  return {
    claim: (details: ClaimDetails = {}) =>
      store.claim({ ...names(details), fingerprint: idOf(details.asks ?? 'a thing'), leaseMs, keepMs }),
    complete: (details: ClaimDetails = {}, with_: Uint8Array | null = answer) =>
      store.complete({ ...names(details), answer: with_ }),
  };
}

function expectAnswer(outcome: ClaimOutcome, expected: Uint8Array = answer): void {
  const told = expectOutcome(outcome, 'completed').answer;
  assert.ok(Buffer.from(told).equals(expected), 'the answer comes back byte for byte');
}

export const claimCases: readonly ConformanceCase[] = [
  {
    name: 'the first claim of a key is told to do it, and every other that it runs, for as long as the lease at most',
    async run(context) {
      const { clock } = context;
      const [one, two = one] = await openHandles(context, 2);
      expectOutcome(await claimsOn(one).claim(), 'claimed');
      assert.deepEqual(await claimsOn(two).claim({ by: 'another' }), { outcome: 'running', retryAfterMs: leaseMs });
      clock.advance(leaseMs - 1);
      assert.deepEqual(await claimsOn(two).claim({ by: 'another' }), { outcome: 'running', retryAfterMs: 1 });
      clock.advance(1);
      expectOutcome(await claimsOn(two).claim({ by: 'another' }), 'claimed');
      assert.deepEqual(await claimsOn(one).claim(), { outcome: 'running', retryAfterMs: leaseMs });
    },
  },
  {
    name: 'the one that claimed is told so again, and once it is complete gets the answer like all others',
    async run(context) {
      const [one, two = one] = await openHandles(context, 2);
      for (const store of [one, two, one]) expectOutcome(await claimsOn(store).claim(), 'claimed');
      expectOutcome(await claimsOn(two).claim({ by: 'another' }), 'running');
      await claimsOn(two).complete();
      for (const by of ['a caller', 'another']) expectAnswer(await claimsOn(one).claim({ by }));
    },
  },
  {
    name: 'a key that stands for something else is refused, while that runs, when its lease has ended and after it, and changes nothing',
    async run({ open, clock }) {
      const { claim, complete } = claimsOn(await open());
      const other = { by: 'another', asks: 'another thing' };
      await claim();
      assert.deepEqual(await claim(other), { outcome: 'reused' });
      assert.deepEqual(await claim({ ...other, by: 'a caller' }), { outcome: 'reused' });
      clock.advance(leaseMs);
      assert.deepEqual(await claim(other), { outcome: 'reused' });
      await complete(other);
      await complete();
      assert.deepEqual(await claim(other), { outcome: 'reused' });
      expectAnswer(await claim({ by: 'another' }));
    },
  },
  {
    name: 'an answer comes back byte for byte until its time after the first claim is over, to the millisecond',
    async run(context) {
      const { clock } = context;
      const [one, two = one] = await openHandles(context, 2);
      await claimsOn(one).claim();
      clock.advance(hourMs);
      // Taken over and completed later: the time still counts from the first claim.
      expectOutcome(await claimsOn(two).claim({ by: 'another' }), 'claimed');
      clock.advance(secondMs);
      await claimsOn(two).complete({ by: 'another' });
      for (const store of [one, two]) expectAnswer(await claimsOn(store).claim({ by: 'a third' }));
      clock.advance(keepMs - hourMs - secondMs - 1);
      expectAnswer(await claimsOn(one).claim({ by: 'a third' }));
      clock.advance(1);
      expectOutcome(await claimsOn(two).claim({ by: 'a third', asks: 'another thing' }), 'claimed');
      expectOutcome(await claimsOn(one).claim({ by: 'a fourth', asks: 'another thing' }), 'running');
    },
  },
  {
    name: 'what stores tell of an answer is a copy',
    async run({ open }) {
      const { claim, complete } = claimsOn(await open());
      const given = answer.slice();
      await claim();
      await complete({}, given);
      given.fill(0);
      expectOutcome(await claim(), 'completed').answer.fill(0);
      expectAnswer(await claim());
    },
  },
  {
    name: 'a claim that comes to nothing frees its key, for anything',
    async run({ open, clock }) {
      const { claim, complete } = claimsOn(await open());
      await claim();
      clock.advance(hourMs);
      await claim();
      await complete({}, null);
      expectOutcome(await claim({ by: 'another', asks: 'another thing' }), 'claimed');
      await complete({ by: 'another' });
      clock.advance(keepMs - 1);
      expectAnswer(await claim({ asks: 'another thing' }));
      clock.advance(1);
      expectOutcome(await claim(), 'claimed');
    },
  },
  {
    name: 'an answer stands: nothing that is completed later changes it',
    async run({ open }) {
      const { claim, complete } = claimsOn(await open());
      await claim();
      await complete();
      for (const by of ['a caller', 'another']) {
        await complete({ by }, null);
        await complete({ by }, new Uint8Array([1]));
      }
      expectAnswer(await claim());
    },
  },
  {
    name: 'only the one whose turn it is completes; anybody else, and whoever never claimed, into nothing',
    async run({ open }) {
      const { claim, complete } = claimsOn(await open());
      await complete();
      await complete({}, null);
      await claim();
      await complete({ by: 'another' });
      await complete({ by: 'another' }, null);
      assert.deepEqual(await claim({ by: 'another' }), { outcome: 'running', retryAfterMs: leaseMs });
      await complete();
      expectAnswer(await claim({ by: 'another' }));
    },
  },
  {
    name: 'one whose lease has ended and that nobody took over completes all the same',
    async run({ open, clock }) {
      const { claim, complete } = claimsOn(await open());
      await claim();
      clock.advance(hourMs);
      await complete();
      expectAnswer(await claim({ by: 'another' }));
    },
  },
  {
    name: 'one whose time is over completes into nothing',
    async run({ open, clock }) {
      const { claim, complete } = claimsOn(await open());
      await claim();
      clock.advance(keepMs);
      await complete();
      expectOutcome(await claim({ by: 'another' }), 'claimed');
      await complete();
      expectOutcome(await claim({ by: 'a third' }), 'running');
    },
  },
  {
    name: 'of 50 racing claims of a key exactly one is told to do it',
    async run(context) {
      const stores = await openHandles(context);
      for (const key of ['one', 'two', 'three']) {
        const results = await allAtOnce(50, (index) =>
          claimsOn(handleOf(stores, index)).claim({ key, by: `caller ${index}` }),
        );
        assert.equal(results.filter(({ outcome }) => outcome === 'claimed').length, 1);
        assert.equal(results.filter(({ outcome }) => outcome === 'running').length, 49);
      }
    },
  },
  {
    name: 'when a lease has ended one of many racing claims takes it over, and the one that had it completes into nothing',
    async run(context) {
      const stores = await openHandles(context);
      for (const [round, late] of [answer.toReversed(), null].entries()) {
        const key = `key ${round}`;
        await claimsOn(stores[0]).claim({ key });
        context.clock.advance(leaseMs);
        const results = await allAtOnce(30, (index) =>
          claimsOn(handleOf(stores, index)).claim({ key, by: `caller ${index}` }),
        );
        assert.equal(results.filter(({ outcome }) => outcome === 'claimed').length, 1);
        assert.equal(results.filter(({ outcome }) => outcome === 'running').length, 29);
        await claimsOn(stores[0]).complete({ key }, late);
        expectOutcome(await claimsOn(stores[0]).claim({ key }), 'running');
        const by = `caller ${results.findIndex(({ outcome }) => outcome === 'claimed')}`;
        await claimsOn(handleOf(stores, 1)).complete({ key, by });
        expectAnswer(await claimsOn(stores[0]).claim({ key }));
      }
    },
  },
  {
    name: 'of claims that race the completion every one is told that it runs or gets the whole answer',
    async run(context) {
      const stores = await openHandles(context);
      await claimsOn(stores[0]).claim();
      const [results] = await Promise.all([
        allAtOnce(30, (index) => claimsOn(handleOf(stores, index)).claim({ by: `caller ${index}` })),
        claimsOn(handleOf(stores, 1)).complete(),
      ]);
      for (const result of results) if (result.outcome !== 'running') expectAnswer(result);
      expectAnswer(await claimsOn(stores[0]).claim());
    },
  },
  {
    name: 'keys do not touch each other',
    async run({ open }) {
      const { claim, complete } = claimsOn(await open());
      for (const key of ['one', 'two', 'three']) expectOutcome(await claim({ key, asks: key }), 'claimed');
      await complete({ key: 'one' }, new Uint8Array([1]));
      await complete({ key: 'two' }, null);
      expectAnswer(await claim({ key: 'one', asks: 'one' }), new Uint8Array([1]));
      expectOutcome(await claim({ key: 'three', asks: 'three', by: 'another' }), 'running');
      expectOutcome(await claim({ key: 'two', asks: 'three' }), 'claimed');
    },
  },
  {
    name: 'a clock that jumps back ends no lease sooner and forgets no answer, and time goes on all the same',
    async run(context) {
      const { clock } = context;
      const [one, two = one] = await openHandles(context, 2);
      await claimsOn(one).claim({ key: 'done' });
      await claimsOn(one).complete({ key: 'done' });
      await claimsOn(one).claim();
      clock.advance(-2 * dayMs);
      for (const store of [one, two]) {
        expectAnswer(await claimsOn(store).claim({ key: 'done' }));
        assert.deepEqual(await claimsOn(store).claim({ by: 'another' }), { outcome: 'running', retryAfterMs: leaseMs });
      }
      clock.advance(leaseMs - 1);
      expectOutcome(await claimsOn(two).claim({ by: 'another' }), 'running');
      clock.advance(1);
      expectOutcome(await claimsOn(two).claim({ by: 'another' }), 'claimed');
      clock.advance(keepMs - leaseMs);
      expectOutcome(await claimsOn(one).claim({ key: 'done' }), 'claimed');
    },
  },
  {
    name: 'a prune forgets no claim before its time, and takes at most so many at once',
    async run({ open, clock }) {
      const store = await open();
      const { claim, complete } = claimsOn(store);
      const keys = Array.from({ length: 7 }, (_, index) => `key ${index}`);
      for (const key of keys) await claim({ key });
      await complete({ key: 'key 0' });
      clock.advance(keepMs - 1);
      await pruneAll(store, 2);
      expectAnswer(await claim({ key: 'key 0' }));
      expectOutcome(await claim({ key: 'key 1', asks: 'another thing' }), 'reused');
      clock.advance(1);
      await pruneAll(store, 2);
      assert.equal(await store.prune({ max: 2 }), 0, 'what was pruned once is not touched again');
      for (const key of keys) expectOutcome(await claim({ key, asks: 'another thing' }), 'claimed');
    },
  },
  {
    name: 'nothing of a claim is left after its time, nor of one that came to nothing',
    needs: 'dump',
    async run({ open, clock, dump }) {
      assert.ok(dump);
      const store = await open();
      const { claim, complete } = claimsOn(store);
      const shows = async (id: string) => {
        const all = await dump();
        return all.includes(id) || all.includes(Buffer.from(id, 'base64url').toString('hex'));
      };
      const showsAnswer = async () => (await dump()).includes(Buffer.from(answer).toString('hex'));
      await claim({ key: 'freed' });
      assert.ok(await shows(idOf('freed')));
      await complete({ key: 'freed' }, null);
      assert.ok(!(await shows(idOf('freed'))), 'what came to nothing');
      await claim();
      await complete();
      assert.ok((await shows(idOf('a key'))) && (await showsAnswer()));
      clock.advance(keepMs);
      await pruneAll(store, 500);
      assert.ok(!(await shows(idOf('a key'))) && !(await showsAnswer()));
      assert.ok(!(await shows(idOf('a thing'))) && !(await shows(idOf('a caller'))));
    },
  },
];
