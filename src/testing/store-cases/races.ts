import assert from 'node:assert/strict';
import type { Act } from '../acts.ts';
import { witness, type Witness } from '../linearizability.ts';
import type { CheckOutcome, NumberLimits } from '../../stores/store.ts';
import { allAtOnce, handleOf, openHandles, type ConformanceCase, type StoreContext } from './case.ts';
import { dayMs, manySends, numberOn, requestsOf, usualLimits, type BeginDetails, type Which } from './number.ts';

const rounds = 10;

/** Acts on one number that a witness asks for, each round on a number of its own. */
interface Round extends Witness {
  readonly index: number;
  begin(details?: BeginDetails): Extract<Act, { verb: 'begin' }>;
  check(code: string, which?: Which): Act;
  of(verb: 'cancel' | 'approve' | 'find' | 'lookup' | 'erase', which?: Which): Act;
}

async function eachRound(
  context: StoreContext,
  limits: NumberLimits,
  race: (round: Round) => Promise<void>,
): Promise<void> {
  const stores = await openHandles(context);
  for (let index = 0; index < rounds; index += 1) {
    const requests = requestsOf(`round ${index}`, limits);
    await race({
      index,
      ...witness(stores, context.clock),
      begin: (details) => ({ verb: 'begin', request: requests.begin(details) }),
      check: (code, which) => ({ verb: 'check', request: requests.check(code, which) }),
      of: (verb, which) => ({ verb, request: requests.target(which) }),
    });
  }
}

/** The same acts, another one first each round. */
function turned(acts: readonly Act[], by: number): Act[] {
  return [...acts.slice(by % acts.length), ...acts.slice(0, by % acts.length)];
}

function count(results: readonly CheckOutcome[], outcome: CheckOutcome['outcome']): number {
  return results.filter((result) => result.outcome === outcome).length;
}

export const raceCases: readonly ConformanceCase[] = [
  ...(['id', 'purpose'] as const).map((by): ConformanceCase => ({
    name: `of 100 parallel right checks by ${by} exactly one is approved`,
    async run(context) {
      const stores = await openHandles(context);
      const { nonce } = await numberOn(stores[0]).create({ code: '123456' });
      const which = by === 'id' ? { nonce } : { purpose: 'default' };
      const results = await allAtOnce(100, (index) => numberOn(handleOf(stores, index)).check('123456', which));
      assert.equal(count(results, 'approved'), 1);
      assert.equal(count(results, by === 'id' ? 'ended' : 'not_found'), 99);
    },
  })),
  {
    name: 'of 100 parallel wrong checks five are compared',
    async run(context) {
      const stores = await openHandles(context);
      const { nonce } = await numberOn(stores[0]).create();
      const results = await allAtOnce(100, (index) => numberOn(handleOf(stores, index)).check('000000', { nonce }));
      const left = results.flatMap((result) =>
        result.outcome === 'incorrect' ? [result.verification.checksLeft] : [],
      );
      assert.deepEqual(new Set(left), new Set([0, 1, 2, 3, 4]));
      assert.equal(left.length, 5);
      assert.equal(count(results, 'ended'), 95);
      const after = await numberOn(stores[0]).create({ repeatKeyIds: [] });
      assert.equal(after.checksLeft, 5, 'five of the ten of the day are charged');
    },
  },
  {
    name: 'of parallel wrong checks of many purposes no more are compared than the number has left',
    async run(context) {
      const stores = await openHandles(context);
      const limits: NumberLimits = { ...manySends, wrongChecks: { max: 7, windowMs: dayMs } };
      const purposes = ['a', 'b', 'c', 'd'];
      for (const purpose of purposes) await numberOn(stores[0], { limits }).create({ purpose });
      const results = await allAtOnce(60, (index) =>
        numberOn(handleOf(stores, index), { limits }).check('000000', { purpose: purposes[index % 4] ?? '' }),
      );
      assert.equal(count(results, 'incorrect'), 7);
    },
  },
  {
    name: 'of parallel wrong checks no more are compared than lock the number',
    async run(context) {
      const stores = await openHandles(context);
      const limits: NumberLimits = { ...manySends, maxChecks: 50, lock: { after: 8, forMs: dayMs } };
      await numberOn(stores[0], { limits }).create();
      const results = await allAtOnce(50, (index) => numberOn(handleOf(stores, index), { limits }).check('000000'));
      assert.deepEqual([count(results, 'incorrect'), count(results, 'blocked')], [8, 42]);
    },
  },
  {
    name: 'a right code is never refused because of fewer than the limit of wrong ones in flight',
    run: (context) =>
      eachRound(context, usualLimits, async ({ index, ask, begin, check }) => {
        await ask(begin({ code: '123456' }));
        const wrong = Array.from({ length: 4 }, () => check('000000'));
        const at = index % 5;
        const answers = await ask(...wrong.toSpliced(at, 0, check('123456')));
        assert.equal((answers[at] as CheckOutcome).outcome, 'approved');
      }),
  },
  {
    name: 'of right and wrong checks at once at most one is approved and at most five are compared, as if one by one',
    run: (context) =>
      eachRound(context, usualLimits, async ({ ask, begin, check, of }) => {
        await ask(begin({ code: '123456' }));
        const codes = ['000000', '000000', '000000', '000000', '123456', '000000', '123456', '000000', '123456'];
        const results = (await ask(...codes.map((code) => check(code)))) as CheckOutcome[];
        assert.ok(count(results, 'approved') <= 1);
        assert.ok(count(results, 'incorrect') <= 5);
        await ask(of('find'), of('lookup'));
      }),
  },
  {
    name: 'of begins that race for three sends exactly three are not refused, and they make one verification',
    async run(context) {
      const stores = await openHandles(context);
      const results = await allAtOnce(50, (index) => numberOn(handleOf(stores, index)).begin());
      const begun = results.flatMap((result) => (result.outcome === 'refused' ? [] : [result]));
      assert.equal(begun.length, 3);
      assert.deepEqual(new Set(begun.map(({ delivery }) => delivery)), new Set([1, 2, 3]));
      assert.equal(new Set(begun.map(({ verification }) => verification.nonce)).size, 1);
      assert.equal(begun.filter(({ outcome }) => outcome === 'created').length, 1);
    },
  },
  {
    name: 'of begins for many purposes that race for three sends exactly three are not refused',
    async run(context) {
      const stores = await openHandles(context);
      const results = await allAtOnce(50, (index) =>
        numberOn(handleOf(stores, index)).begin({ purpose: `purpose-${index}` }),
      );
      assert.equal(results.filter(({ outcome }) => outcome === 'created').length, 3);
      assert.equal(results.filter(({ outcome }) => outcome === 'refused').length, 47);
    },
  },
  {
    name: 'of two begins within a gap one sends, and the code of that one is good',
    run: (context) =>
      eachRound(context, { ...usualLimits, gapMs: 1_000 }, async ({ ask, begin, check }) => {
        const answers = await ask(begin({ code: '111111' }), begin({ code: '222222' }));
        const outcomes = answers.map((answer) => (answer && 'outcome' in answer ? answer.outcome : null));
        assert.deepEqual(new Set(outcomes), new Set(['created', 'refused']));
        await ask(check(outcomes[0] === 'created' ? '111111' : '222222'));
      }),
  },
  {
    name: 'a begin with a new code that races checks of the old one leaves one code that is good, and refills nothing',
    run: (context) =>
      eachRound(context, manySends, async ({ index, ask, begin, check, of }) => {
        await ask(begin({ code: '111111' }));
        const racing = [check('000000'), begin({ code: '222222', repeatKeyIds: [] }), check('111111'), check('000000')];
        await ask(...turned(racing, index));
        await ask(of('find'), check('111111'));
        await ask(check('222222'), of('lookup'));
      }),
  },
  ...(['cancel', 'erase', 'approve'] as const).map((verb): ConformanceCase => ({
    name: `a check that races ${verb} is before or after it`,
    run: (context) =>
      eachRound(context, usualLimits, async ({ index, ask, begin, check, of }) => {
        const begun = begin({ code: '123456' });
        await ask(begun);
        const { nonce } = begun.request;
        const racing = [check('123456', { nonce }), of(verb), check('123456'), check('000000', { nonce })];
        await ask(...turned(racing, index));
        await ask(of('find', { nonce }), of('lookup'), check('123456', { nonce }), of('find'));
      }),
  })),
];
