import assert from 'node:assert/strict';
import type { NumberLimits } from '../../stores/store.ts';
import { expectOutcome, type ConformanceCase } from './case.ts';
import { dayMs, hourMs, manySends, minuteMs, nonceOf, numberOn, secondMs, secretOf, usualLimits } from './number.ts';

export const lifetimeCases: readonly ConformanceCase[] = [
  {
    name: 'a code is good while the clock is before its end and not at it',
    async run({ open, clock }) {
      const store = await open();
      const startMs = clock.now();
      const names = ['a millisecond before', 'at the end', 'a millisecond after'];
      for (const [index, name] of names.entries()) {
        clock.set(startMs + index * hourMs);
        const number = numberOn(store, { name });
        const { nonce, expiresAtMs } = await number.create();
        assert.equal(expiresAtMs, clock.now() + 5 * minuteMs);
        clock.set(expiresAtMs - 1 + index);
        if (index === 0) {
          expectOutcome(await number.check('111111'), 'approved');
          continue;
        }
        expectOutcome(await number.check('111111'), 'not_found');
        assert.equal(expectOutcome(await number.check('111111', { nonce }), 'ended').status, 'expired');
        assert.equal(expectOutcome(await number.approve({ nonce }), 'ended').status, 'expired');
        assert.equal(expectOutcome(await number.cancel({ nonce }), 'ended').status, 'expired');
        assert.equal(await number.lookup(), null);
      }
    },
  },
  {
    name: 'a verification expired when its code did, however late that is noticed',
    async run({ open, clock }) {
      const number = numberOn(await open());
      const { nonce, expiresAtMs } = await number.create();
      clock.advance(3 * hourMs);
      const found = await number.find({ nonce });
      assert.deepEqual([found?.status, found?.endedAtMs, found?.checksLeft], ['expired', expiresAtMs, 0]);
    },
  },
  {
    name: 'a repeat has the id, the secret and the checks of its verification, and a lifetime of its own',
    async run({ open, clock }) {
      const number = numberOn(await open());
      const first = await number.create({ code: '123456' });
      await number.guess(1);
      clock.advance(4 * minuteMs);
      const repeat = expectOutcome(await number.begin({ code: '999999', nonce: nonceOf('another') }), 'repeated');
      assert.deepEqual(repeat.secret.keyId, 'key-1');
      assert.deepEqual(Buffer.from(repeat.secret.digest), Buffer.from(secretOf('123456').digest));
      assert.deepEqual(Buffer.from(repeat.secret.seal), Buffer.from(secretOf('123456').seal));
      assert.equal(repeat.secret.codeLength, 6);
      assert.equal(repeat.delivery, 2);
      const { nonce, createdAtMs, lastSendAtMs, expiresAtMs, checksLeft, deliveries } = repeat.verification;
      assert.equal(nonce, first.nonce);
      assert.equal(createdAtMs, first.createdAtMs);
      assert.equal(lastSendAtMs, clock.now());
      assert.equal(expiresAtMs, clock.now() + 5 * minuteMs);
      assert.equal(checksLeft, 4);
      assert.deepEqual(deliveries, [
        { delivery: 1, provider: null, status: 'sending', atMs: first.createdAtMs },
        { delivery: 2, provider: null, status: 'sending', atMs: clock.now() },
      ]);
      clock.set(expiresAtMs - 1);
      expectOutcome(await number.check('999999'), 'incorrect');
      expectOutcome(await number.check('123456'), 'approved');
    },
  },
  {
    name: 'no code outlives the creation of its verification by more than its greatest lifetime',
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: { ...manySends, repeatMs: 10 * minuteMs } });
      const { nonce, createdAtMs } = await number.create();
      const endMs = createdAtMs + 10 * minuteMs;
      for (const afterMs of [4 * minuteMs, 5 * minuteMs + 1, 9 * minuteMs, 10 * minuteMs - 1]) {
        clock.set(createdAtMs + afterMs);
        const { verification } = expectOutcome(await number.begin(), 'repeated');
        assert.equal(verification.expiresAtMs, Math.min(clock.now() + 5 * minuteMs, endMs));
      }
      expectOutcome(await number.check('000000'), 'incorrect');
      clock.set(endMs);
      assert.equal(expectOutcome(await number.check('111111', { nonce }), 'ended').status, 'expired');
    },
  },
  {
    name: 'a lifetime that is longer than the greatest ends with the greatest',
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: { ...usualLimits, lifetimeMs: hourMs } });
      const { expiresAtMs } = await number.create();
      assert.equal(expiresAtMs, clock.now() + 10 * minuteMs);
    },
  },
  {
    name: 'a begin repeats a verification that is exactly repeatMs old, and a millisecond later supersedes it',
    async run({ open, clock }) {
      const store = await open();
      const limits: NumberLimits = { ...manySends, repeatMs: 2 * minuteMs };
      const repeating = numberOn(store, { name: 'repeating', limits });
      const superseding = numberOn(store, { name: 'superseding', limits });
      const repeated = await repeating.create();
      const superseded = await superseding.create();
      clock.advance(2 * minuteMs);
      assert.equal(expectOutcome(await repeating.begin(), 'repeated').verification.nonce, repeated.nonce);
      clock.advance(1);
      const newer = await superseding.create({ code: '222222' });
      assert.notEqual(newer.nonce, superseded.nonce);
      assert.equal(newer.expiresAtMs, clock.now() + 5 * minuteMs);
      assert.equal((await superseding.find({ nonce: superseded.nonce }))?.status, 'superseded');
      assert.equal((await repeating.begin()).outcome, 'created', 'a repeat does not make a verification younger');
    },
  },
  {
    name: 'a pending code under a key that the caller cannot open is superseded, never repeated',
    async run({ open }) {
      const number = numberOn(await open(), { limits: manySends });
      const first = await number.create({ code: '123456', keyId: 'key-2' });
      const second = await number.create({ code: '222222', repeatKeyIds: ['key-1', 'key-3'] });
      assert.equal((await number.find({ nonce: first.nonce }))?.status, 'superseded');
      const third = await number.create({ code: '333333', repeatKeyIds: [] });
      assert.equal((await number.find({ nonce: second.nonce }))?.status, 'superseded');
      const { verification } = expectOutcome(await number.begin({ repeatKeyIds: ['key-3', 'key-1'] }), 'repeated');
      assert.equal(verification.nonce, third.nonce);
    },
  },
  {
    name: 'a begin at the end of a code makes a new verification: the old one has expired and is not superseded',
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: { ...manySends, repeatMs: hourMs } });
      const { nonce, expiresAtMs } = await number.create();
      clock.set(expiresAtMs);
      await number.create({ code: '222222' });
      const found = await number.find({ nonce });
      assert.deepEqual([found?.status, found?.endedAtMs], ['expired', expiresAtMs]);
    },
  },
  {
    name: 'a verification keeps the sealed number that it was begun with, and has the channel of its latest begin',
    async run({ open }) {
      const number = numberOn(await open());
      const { nonce } = await number.create({ number: new Uint8Array([1, 2, 3]) });
      const shown = async () => {
        const found = await number.find({ nonce });
        return [found?.channel, ...(found?.number ?? [])];
      };
      assert.deepEqual(await shown(), ['sms', 1, 2, 3]);
      await number.begin({ number: new Uint8Array([4, 5]), channel: 'voice' });
      assert.deepEqual(await shown(), ['voice', 1, 2, 3]);
      await number.create({ purpose: 'other', number: new Uint8Array([6]) });
      assert.deepEqual(await shown(), ['voice', 1, 2, 3]);
      await number.cancel({ nonce });
      assert.deepEqual(await shown(), ['voice', 1, 2, 3]);
    },
  },
  {
    name: 'how many wrong checks a verification has and how long its approval counts is as its begin said, whatever a check says',
    async run({ open, clock }) {
      const store = await open();
      const strict = numberOn(store, { limits: { ...usualLimits, maxChecks: 2, verifiedMs: minuteMs } });
      const lax = numberOn(store, { limits: { ...usualLimits, maxChecks: 5, verifiedMs: dayMs } });
      const { nonce } = await strict.create();
      assert.equal(expectOutcome(await lax.check('000000', { nonce }), 'incorrect').verification.checksLeft, 1);
      assert.equal(expectOutcome(await lax.check('000000', { nonce }), 'incorrect').verification.checksLeft, 0);
      assert.equal(expectOutcome(await lax.check('111111', { nonce }), 'ended').status, 'max_checks_reached');
      const next = await strict.create();
      expectOutcome(await lax.check('111111', { nonce: next.nonce }), 'approved');
      clock.advance(minuteMs);
      assert.equal(await lax.lookup(), null);
    },
  },
  {
    name: 'a number counts as verified for its time, to the millisecond',
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: { ...usualLimits, verifiedMs: 2 * dayMs } });
      assert.equal(await number.lookup(), null);
      await number.create();
      assert.equal(await number.lookup(), null);
      expectOutcome(await number.check('111111'), 'approved');
      const verifiedAtMs = clock.now();
      assert.deepEqual(await number.lookup(), { verifiedAtMs });
      clock.set(verifiedAtMs + dayMs);
      await number.create();
      expectOutcome(await number.approve(), 'done');
      assert.deepEqual(await number.lookup(), { verifiedAtMs: verifiedAtMs + dayMs });
      clock.set(verifiedAtMs + 3 * dayMs - 1);
      assert.deepEqual(await number.lookup(), { verifiedAtMs: verifiedAtMs + dayMs });
      clock.advance(1);
      assert.equal(await number.lookup(), null);
    },
  },
  {
    name: 'with verifiedMs 0 no record is kept of a verified number',
    async run({ open, clock }) {
      const number = numberOn(await open(), { limits: { ...usualLimits, verifiedMs: 0 } });
      await number.create();
      expectOutcome(await number.check('111111'), 'approved');
      assert.equal(await number.lookup(), null);
      clock.advance(secondMs);
      await number.create();
      expectOutcome(await number.approve(), 'done');
      assert.equal(await number.lookup(), null);
    },
  },
];
