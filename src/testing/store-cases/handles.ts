import assert from 'node:assert/strict';
import { allAtOnce, expectOutcome, handleOf, openHandles, type ConformanceCase } from './case.ts';
import { numberOn } from './number.ts';

const keepIt = { accept: false };

export const handleCases: readonly ConformanceCase[] = [
  {
    name: 'a store has a name and can be pinged',
    async run({ open }) {
      const store = await open();
      assert.match(store.name, /^[a-z][a-z0-9_-]*$/);
      await store.ping();
    },
  },
  {
    name: 'what one handle does every other sees',
    async run(context) {
      const [one, two = one, three = one] = await openHandles(context);
      const { nonce } = await numberOn(one).create({ code: '123456' });
      await numberOn(two).guess(1);
      assert.equal((await numberOn(three).find({ nonce }))?.checksLeft, 4);
      expectOutcome(await numberOn(three).check('123456'), 'approved');
      expectOutcome(await numberOn(one).check('123456', { nonce }), 'ended');
      assert.notEqual(await numberOn(two).lookup(), null);
    },
  },
  {
    name: 'what a store tells is a copy: changing it changes nothing',
    async run({ open }) {
      const number = numberOn(await open());
      const told = [await number.create({ number: new Uint8Array([1, 2, 3]) }), await number.find()];
      for (const verification of told) {
        assert.ok(verification);
        verification.status = 'approved';
        verification.expiresAtMs = Infinity;
        verification.checksLeft = 99;
        verification.number.fill(0);
        for (const delivery of verification.deliveries) delivery.status = 'delivered';
        verification.deliveries.length = 0;
      }
      const found = await number.find();
      assert.deepEqual(
        [found?.status, found?.checksLeft, found?.deliveries.map(({ status }) => status), [...(found?.number ?? [])]],
        ['pending', 5, ['sending'], [1, 2, 3]],
      );
    },
  },
  {
    name: 'all bytes of a sealed number and of a seal come back as they were given',
    async run({ open }) {
      const number = numberOn(await open());
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => 255 - index);
      await number.create({ number: bytes });
      assert.deepEqual(Buffer.from((await number.find())?.number ?? []), Buffer.from(bytes));
    },
  },
  {
    name: 'a store keeps the fingerprint of the first subject key, and another only when it is accepted',
    async run(context) {
      const [one, two = one] = await openHandles(context);
      assert.equal(await one.bindSubjectKey('first', keepIt), true);
      assert.equal(await two.bindSubjectKey('first', keepIt), true);
      assert.equal(await two.bindSubjectKey('second', keepIt), false);
      assert.equal(await one.bindSubjectKey('first', keepIt), true);
      assert.equal(await two.bindSubjectKey('second', { accept: true }), true);
      assert.equal(await one.bindSubjectKey('first', keepIt), false);
      assert.equal(await one.bindSubjectKey('second', keepIt), true);
    },
  },
  {
    name: 'of subject keys that race to be the first one is kept',
    async run(context) {
      const stores = await openHandles(context);
      const kept = await allAtOnce(20, (index) => handleOf(stores, index).bindSubjectKey(`key ${index}`, keepIt));
      assert.equal(kept.filter(Boolean).length, 1);
      assert.equal(await stores[0].bindSubjectKey(`key ${kept.indexOf(true)}`, keepIt), true);
    },
  },
  {
    name: 'a store that is closed has done what was asked of it before',
    async run(context) {
      const [one, two = one] = await openHandles(context, 2);
      const asked = allAtOnce(20, (index) => numberOn(one, { name: `number ${index}` }).create());
      await one.close();
      for (const [index, { nonce }] of (await asked).entries()) {
        assert.equal((await numberOn(two, { name: `number ${index}` }).find({ nonce }))?.status, 'pending');
      }
    },
  },
];
