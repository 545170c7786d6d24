import assert from 'node:assert/strict';
import { expectOutcome, type ConformanceCase } from './case.ts';
import { numberOn, requestsOf, usualLimits } from './number.ts';

/** Requests about the usual number, by an id under the tag of a purpose that is not its own. */
function foreignRequests(nonce: string, purpose: string) {
  const requests = requestsOf('a number', usualLimits);
  const { purposeTag } = requests.target({ purpose });
  const target = { ...requests.target({ nonce }), purposeTag };
  return {
    target,
    check: (code: string) => ({ ...requests.check(code, { nonce }), purposeTag }),
    rejected: { ...requests.settle(nonce, 1, 'rejected'), purposeTag },
  };
}

export const tagCases: readonly ConformanceCase[] = [
  ...(
    [
      ['of which the number has no verification', false],
      ['of which the number has a verification too', true],
    ] as const
  ).map(([which, both]): ConformanceCase => ({
    name: `an id under the tag of another purpose, ${which}, is unknown to every verb and charges nothing`,
    async run({ open }) {
      const store = await open();
      const number = numberOn(store);
      const { nonce } = await number.create({ code: '123456' });
      const other = both ? await number.create({ code: '123456', purpose: 'other' }) : null;
      const told = [await number.find({ nonce }), await number.find({ purpose: 'other' })];
      const foreign = foreignRequests(nonce, 'other');
      for (const code of ['123456', '000000', '1234']) {
        expectOutcome(await store.check(foreign.check(code)), 'not_found');
      }
      await store.settle(foreign.rejected);
      expectOutcome(await store.cancel(foreign.target), 'not_found');
      expectOutcome(await store.approve(foreign.target), 'not_found');
      assert.equal(await store.find(foreign.target), null);
      assert.equal(await number.lookup(), null);
      assert.deepEqual([await number.find({ nonce }), await number.find({ purpose: 'other' })], told);
      if (other) expectOutcome(await number.check('123456', { nonce: other.nonce }), 'approved');
      expectOutcome(await number.check('123456', { nonce }), 'approved');
    },
  })),
  {
    name: 'an id that has ended is unknown under the tag of another purpose, and told of under its own',
    async run({ open }) {
      const store = await open();
      const number = numberOn(store);
      for (const end of ['approve', 'cancel'] as const) {
        const { nonce } = await number.create();
        await number[end]({ nonce });
        const foreign = foreignRequests(nonce, 'other');
        expectOutcome(await store.check(foreign.check('111111')), 'not_found');
        expectOutcome(await store.cancel(foreign.target), 'not_found');
        expectOutcome(await store.approve(foreign.target), 'not_found');
        assert.equal(await store.find(foreign.target), null);
        assert.equal((await number.find({ nonce }))?.status, end === 'approve' ? 'approved' : 'canceled');
        expectOutcome(await number[end]({ nonce }), 'done');
      }
    },
  },
];
