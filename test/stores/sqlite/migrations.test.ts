import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { virtualClock } from '../../../src/testing/clock.ts';
import { broadLimit, expectLeft } from '../../../src/testing/store-cases/broad-limit.ts';
import { dayMs, idOf, minuteMs, numberOn, secondMs } from '../../../src/testing/store-cases/number.ts';
import { databasePath, openRaw, openStore } from './database-file.ts';

const writtenUntilMs = Date.UTC(2030, 0, 1) + secondMs;

/** A store, and another program's connection, on a database that an earlier version wrote. */
function openSchema1() {
  const path = databasePath();
  const raw = openRaw(path);
  raw.exec(readFileSync(new URL('./schema-1.sql', import.meta.url), 'utf8'));
  const clock = virtualClock(writtenUntilMs);
  return { raw, clock, store: openStore(path, clock.now) };
}

test('a database of schema 1 is brought up to date, once, by however many that open it at once', async () => {
  const { raw, store } = openSchema1();
  const others = [1, 2].map(() => openStore(raw.location() ?? ''));
  await Promise.all([store, ...others].map((each) => each.ping()));
  const ledger = raw.prepare('SELECT version, name FROM phoneproof_migrations ORDER BY version').all();
  expect(ledger.map((row) => ({ ...row }))).toEqual([
    { version: 1, name: '0001-numbers' },
    { version: 2, name: '0002-counters-and-claims' },
  ]);
});

test('what schema 1 kept of a number still holds, and the new verbs work beside it', async () => {
  const { clock, store } = openSchema1();
  const number = numberOn(store);
  expect(await number.lookup()).toEqual({ verifiedAtMs: writtenUntilMs - secondMs });
  const limit = broadLimit('address', 2, dayMs);
  const begun = await number.create({ broadLimits: [limit] });
  // Two of the three sends and two of the ten wrong checks were spent before.
  expect(begun.sendsLeft).toBe(0);
  expect(await number.begin({ broadLimits: [limit] })).toMatchObject({ outcome: 'refused', limit: 'sends' });
  expect((await number.check('111111')).outcome).toBe('approved');
  clock.advance(10 * minuteMs);
  await number.create();
  await number.guess(5);
  clock.advance(10 * minuteMs);
  await number.create();
  await number.guess(3);
  expect((await number.check('111111')).outcome).toBe('blocked');
  await expectLeft(store, limit, 1);
  const claim = { key: idOf('key'), fingerprint: idOf('thing'), token: idOf('caller'), leaseMs: 30_000, keepMs: dayMs };
  expect(await store.claim(claim)).toEqual({ outcome: 'claimed' });
});

test('a code that was pending in schema 1, under no tag, is found by nobody, hinders nobody and ends at its time', async () => {
  const { raw, clock, store } = openSchema1();
  const number = numberOn(store);
  const record = () => String(raw.prepare('SELECT record FROM numbers').get()?.record);
  expect(await number.find({ purpose: 'other' })).toBeNull();
  expect((await number.check('111111', { purpose: 'other' })).outcome).toBe('not_found');
  const begun = await number.create({ purpose: 'other', code: '222222' });
  expect((await number.check('222222', { purpose: 'other' })).outcome).toBe('approved');
  expect((await number.find({ nonce: begun.nonce }))?.status).toBe('approved');
  expect(record()).toContain('"digest"');
  clock.set(writtenUntilMs + 5 * minuteMs);
  await store.prune();
  expect(record()).not.toContain('"digest"');
  clock.advance(366 * dayMs);
  await store.prune();
  expect(raw.prepare('SELECT count(*) AS count FROM numbers').get()?.count).toBe(0);
});
