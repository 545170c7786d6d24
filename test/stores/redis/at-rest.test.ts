import { describe, expect, test } from 'vitest';
import type { NumberLimits } from '../../../src/stores/store.ts';
import { broadLimit, sendUnder } from '../../../src/testing/store-cases/broad-limit.ts';
import {
  dayMs,
  hourMs,
  idOf,
  manySends,
  numberOn,
  secretOf,
  usualLimits,
  type NumberOnStore,
} from '../../../src/testing/store-cases/number.ts';
import { servers } from './clients.ts';
import { hex, openAtRest, soon, soonMs } from './rest.ts';

const secretsOf = (code: string): string[] => [hex(secretOf(code).digest), hex(secretOf(code).seal)];

describe.each(Object.entries(servers))('on %s', (_, connect) => {
  test('digest and seal of a code are at rest no longer than the code is good', async () => {
    const { store, dump } = await openAtRest(connect);
    const at = (name: string) => numberOn(store, { name, limits: manySends });
    const ends: Record<string, (nonce: string) => Promise<unknown>> = {
      approved: () => at('approved').check('111111'),
      'approved on a word': () => at('approved on a word').approve(),
      canceled: () => at('canceled').cancel(),
      guessed: () => at('guessed').guess(5),
      failed: (nonce) => at('failed').settle(nonce, 1, 'rejected'),
      superseded: () => at('superseded').create({ code: '222222', repeatKeyIds: [] }),
      erased: () => at('erased').erase(),
    };
    for (const [name, end] of Object.entries(ends)) {
      const { nonce } = await at(name).create();
      const before = await dump();
      for (const part of secretsOf('111111')) expect(before).toContain(part);
      await end(nonce);
      const after = await dump();
      for (const part of secretsOf('111111')) expect(after, name).not.toContain(part);
    }
    await numberOn(store, { name: 'expired', limits: { ...soon, ended: usualLimits.ended } }).create();
    const shows = async () => secretsOf('111111').some((part) => all.includes(part));
    let all = await dump();
    expect(await shows()).toBe(true);
    await expect.poll(async () => (all = await dump()) && (await shows())).toBe(false);
    expect(all).toContain(hex(Buffer.from(idOf('expired'))));
  });

  test('a code that is repeated is at rest for as long as it is good now', async () => {
    const { store, ttlsMs } = await openAtRest(connect);
    await numberOn(store, { limits: { ...manySends, lifetimeMs: 30_000, maxLifetimeMs: hourMs } }).create();
    await numberOn(store, { limits: { ...manySends, lifetimeMs: 60_000, maxLifetimeMs: hourMs } }).begin();
    const [, ttl] = [...(await ttlsMs())].find(([key]) => key.includes(':code:')) ?? [];
    expect(ttl).toBeGreaterThan(45_000);
    expect(ttl).toBeLessThanOrEqual(60_000);
  });

  test('an erasure leaves counters and nothing else of a number, also of several purposes', async () => {
    const { store, keys, dump } = await openAtRest(connect);
    const number = numberOn(store);
    const sealed = new Uint8Array(Buffer.from('sealed number at rest'));
    const purposes = ['one purpose', 'another purpose', 'a third'];
    const ids = await Promise.all(purposes.map((purpose) => number.create({ purpose, number: sealed })));
    await number.guess(1, { purpose: 'one purpose' });
    await number.approve({ purpose: 'a third' });
    // Two codes, verifications, marks.
    expect(await keys()).toHaveLength(4);
    expect(await dump()).toContain(hex(sealed));
    await number.erase();
    expect(await keys()).toHaveLength(2);
    expect(await number.lookup()).toBeNull();
    const after = await dump();
    for (const text of [sealed, ...purposes.map((purpose) => Buffer.from(purpose))])
      expect(after).not.toContain(hex(text));
    for (const { nonce } of ids) expect(after).not.toContain(hex(Buffer.from(nonce, 'base64url')));
    expect(await number.begin()).toMatchObject({ outcome: 'refused', limit: 'sends' });
  });

  test('every key goes by itself once nothing of it counts any more', async () => {
    const { store, keys } = await openAtRest(connect);
    const at = (name: string) => numberOn(store, { name, limits: soon });
    await at('pending').create();
    await at('guessed').create();
    await at('guessed').guess(2);
    await at('approved').create();
    await at('approved').check('111111');
    await at('erased').create();
    await at('erased').erase();
    await at('canceled').create();
    await at('canceled').cancel();
    await numberOn(store, { name: 'broad', limits: soon }).begin({ broadLimits: [broadLimit('country', 5, soonMs)] });
    const claim = { key: idOf('key'), fingerprint: 'thing', token: idOf('token'), leaseMs: soonMs, keepMs: soonMs };
    await store.claim(claim);
    await store.complete({ ...claim, answer: new Uint8Array(100) });
    expect((await keys()).length).toBeGreaterThan(0);
    await expect.poll(keys, { timeout: 5_000 }).toEqual([]);
  });

  test('each of the two hashes of a number is kept for as long as anything of it counts, and no longer', async () => {
    const { store, ttlsMs } = await openAtRest(connect);
    const long = 5 * dayMs;
    const begins = async (number: NumberOnStore) => number.create();
    const guesses = async (number: NumberOnStore) => number.create().then(() => number.guess(1));
    type Reason = [Partial<NumberLimits>, (number: NumberOnStore) => Promise<unknown>];
    const reasonsOfFirst: Record<string, Reason> = {
      sends: [{ sends: [{ name: 'sends', max: 3, windowMs: long }] }, begins],
      gap: [{ gapMs: long }, begins],
      attempts: [{ attempts: { max: 3, windowMs: long } }, begins],
      pending: [{ lifetimeMs: long, maxLifetimeMs: long, ended: { max: 4, keepMs: 0 } }, begins],
      'pending, to be told of': [{ ended: { max: 4, keepMs: long - soonMs / 2 } }, begins],
      ended: [{ ended: { max: 4, keepMs: long } }, (number) => number.create().then(() => number.cancel())],
      'ended by guesses': [{ ended: { max: 4, keepMs: long }, maxChecks: 1 }, guesses],
    };
    const reasonsOfMarks: Record<string, Reason> = {
      verified: [{ verifiedMs: long }, (number) => number.create().then(() => number.approve())],
      'wrong checks': [{ wrongChecks: { max: 9, windowMs: long } }, guesses],
      lock: [{ lock: { after: 9, forMs: long } }, guesses],
    };
    for (const [kept, other, reasons] of [
      ['', ':marks', reasonsOfFirst],
      [':marks', '', reasonsOfMarks],
    ] as const) {
      for (const [name, [limits, act]] of Object.entries(reasons)) {
        await act(numberOn(store, { name, limits: { ...soon, ...limits } }));
        const ttls = [...(await ttlsMs())];
        const ttlOf = (hash: string) => ttls.find(([key]) => key.endsWith(`{${idOf(name)}}${hash}`))?.[1];
        expect(ttlOf(kept), name).toBeGreaterThan(long - 5_000);
        expect(ttlOf(kept), name).toBeLessThanOrEqual(long);
        expect(ttlOf(other) ?? 0, name).toBeLessThanOrEqual(soonMs);
        await numberOn(store, { name, limits: soon }).erase();
      }
    }
  });

  test('no key is without an end but one, and none is kept longer than its longest window', async () => {
    const { store, ttlsMs } = await openAtRest(connect);
    const limits: NumberLimits = { ...manySends, lock: { after: 100, forMs: 2 * dayMs }, verifiedMs: 3 * dayMs };
    for (let index = 0; index < 60; index += 1) {
      const number = numberOn(store, { name: `number ${index % 7}`, limits });
      const purpose = `purpose ${index % 3}`;
      const { nonce } = await number.create({ purpose, repeatKeyIds: [] });
      const acts = [
        () => number.check('111111', { purpose }),
        () => number.guess(2, { purpose }),
        () => number.settle(nonce, 1, 'rejected'),
        () => number.cancel({ nonce }),
        () => number.approve({ purpose }),
        () => number.begin({ purpose }),
        () => number.unlock(),
        () => number.erase(),
        () => sendUnder(store, broadLimit(`limit ${index}`, 5, hourMs)),
      ];
      await acts[index % acts.length]?.();
    }
    const ttls = [...(await ttlsMs()).values()];
    expect(ttls.length).toBeGreaterThan(10);
    expect(Math.min(...ttls)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ttls)).toBeLessThanOrEqual(3 * dayMs);
    await store.bindSubjectKey('fingerprint', { accept: false });
    expect([...(await ttlsMs()).values()].filter((ttl) => ttl === -1)).toHaveLength(1);
  });
});
