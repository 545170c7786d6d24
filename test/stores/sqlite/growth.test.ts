import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import type { Store } from '../../../src/stores/store.ts';
import { virtualClock } from '../../../src/testing/clock.ts';
import { allAtOnce } from '../../../src/testing/store-cases/case.ts';
import { broadLimit, sendUnder } from '../../../src/testing/store-cases/broad-limit.ts';
import { dayMs, idOf, minuteMs, numberOn, secretOf } from '../../../src/testing/store-cases/number.ts';
import { databasePath, openRaw, openStore } from './database-file.ts';

const numbers = 5_000;

/** Every number is begun; of each three one is approved, one guessed wrong and one left as it is. */
async function useNumbers(store: Store, prefix: string): Promise<void> {
  await allAtOnce(numbers, async (index) => {
    const number = numberOn(store, { name: `${prefix} ${index}` });
    await number.create();
    if (index % 3 === 0) await number.check('111111');
    if (index % 3 === 1) await number.guess(2);
  });
}

const claimOf = (name: string) => ({
  key: idOf(`key ${name}`),
  fingerprint: idOf('thing'),
  token: idOf('caller'),
  leaseMs: 30_000,
  keepMs: dayMs,
});

test(
  'when all lifetimes are over prune leaves no row, and the file does not grow with the next numbers',
  { timeout: 60_000 },
  async () => {
    const path = databasePath();
    const clock = virtualClock();
    const store = openStore(path, clock.now);
    const raw = openRaw(path);
    const count = (): unknown => raw.prepare('SELECT count(*) AS count FROM numbers').get()?.count;
    const pages = (): number => Number(raw.prepare('PRAGMA page_count').get()?.page_count);
    await useNumbers(store, 'first');
    expect(count()).toBe(numbers);
    const before = pages();
    clock.advance(366 * dayMs);
    while ((await store.prune({ max: 1_000 })) === 1_000);
    expect(count()).toBe(0);
    await useNumbers(store, 'second');
    expect(pages()).toBeLessThan(before * 1.1);
  },
);

test('without anybody who prunes, a store that is used takes out what has ended', { timeout: 60_000 }, async () => {
  const path = databasePath();
  const clock = virtualClock();
  const store = openStore(path, clock.now);
  for (let hour = 0; hour < 100; hour += 1) {
    await allAtOnce(20, (index) => numberOn(store, { name: `number ${hour} ${index}` }).create());
    clock.advance(60 * minuteMs);
  }
  const rows = openRaw(path).prepare('SELECT count(*) AS count FROM numbers');
  // What lives for a day is due within 24 or 25 of the 100 hours.
  expect(Number(rows.get()?.count)).toBeLessThan(35 * 20);
});

test('without anybody who prunes, counters and claims that have ended go too', { timeout: 60_000 }, async () => {
  const path = databasePath();
  const clock = virtualClock();
  const store = openStore(path, clock.now);
  for (let hour = 0; hour < 60; hour += 1) {
    await allAtOnce(10, async (index) => {
      const name = `${hour} ${index}`;
      await store.claim(claimOf(name));
      await sendUnder(store, broadLimit(name, 5, 60 * minuteMs));
    });
    clock.advance(60 * minuteMs);
  }
  const raw = openRaw(path);
  const rows = (table: string) => Number(raw.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count);
  expect(rows('counters')).toBeLessThan(5 * 10);
  expect(rows('claims')).toBeLessThan(30 * 10);
});

test('a counter that counts in ever new sixtieths keeps no more of them than make a window', async () => {
  const path = databasePath();
  const clock = virtualClock();
  const store = openStore(path, clock.now);
  const limit = broadLimit('service', 1_000, 60 * minuteMs);
  for (let minute = 0; minute < 200; minute += 1) {
    await sendUnder(store, limit);
    clock.advance(minuteMs);
  }
  const buckets = String(openRaw(path).prepare('SELECT buckets FROM counters').get()?.buckets);
  expect(JSON.parse(buckets)).toHaveLength(2 * 61);
});

test('an answer is out of the files with the prune that takes its claim', async () => {
  const path = databasePath();
  const clock = virtualClock();
  const store = openStore(path, clock.now);
  const onDisk = (): string => [path, `${path}-wal`].map((file) => readFileSync(file, 'latin1')).join('');
  const shown = (what: string): number => onDisk().split(what).length - 1;
  await allAtOnce(100, async (index) => {
    const claim = claimOf(String(index));
    await store.claim(claim);
    await store.complete({ ...claim, answer: new TextEncoder().encode(`answer-${index} `.repeat(300)) });
  });
  expect(shown('answer-99')).toBeGreaterThan(0);
  clock.advance(dayMs - 1);
  await store.prune();
  expect(shown('answer-99')).toBeGreaterThan(0);
  clock.advance(1);
  expect(await store.prune({ max: 60 })).toBe(60);
  expect(await store.prune({ max: 60 })).toBe(40);
  for (const trace of ['answer-', idOf('key 0'), idOf('caller')]) expect(shown(trace)).toBe(0);
});

test('prune passes records that it cannot read and takes all others', async () => {
  const path = databasePath();
  const clock = virtualClock();
  const store = openStore(path, clock.now);
  await allAtOnce(10, (index) => numberOn(store, { name: `number ${index}` }).create());
  const raw = openRaw(path);
  const spoil = raw.prepare(`UPDATE numbers SET record = 'garbage', due_at_ms = 1 WHERE subject = ?`);
  const spoilt = [idOf('number 0'), idOf('number 1')].toSorted();
  for (const subject of spoilt) spoil.run(subject);
  clock.advance(366 * dayMs);
  const touched: number[] = [];
  for (let i = 0; i < 6; i += 1) touched.push(await store.prune({ max: 2 }));
  expect(touched).toEqual([2, 2, 2, 2, 2, 0]);
  const left = raw.prepare('SELECT subject FROM numbers ORDER BY subject').all();
  expect(left.map(({ subject }) => subject)).toEqual(spoilt);
  await expect(numberOn(store, { name: 'number 0' }).begin()).rejects.toThrow(StoreError);
});

test('an approval takes digest and seal out of the row, and the next prune out of the files', async () => {
  const path = databasePath();
  const store = openStore(path);
  const codes = Array.from({ length: 500 }, (_, index) => String(100_000 + index));
  const numberOf = (code: string) => numberOn(store, { name: `number ${code}` });
  const secrets = codes.flatMap((code) => {
    const { digest, seal } = secretOf(code);
    return [digest, seal].map((bytes) => Buffer.from(bytes).toString('base64url'));
  });
  const shown = (text: string): number => secrets.filter((secret) => text.includes(secret)).length;
  const onDisk = (): string => [path, `${path}-wal`].map((file) => readFileSync(file, 'latin1')).join('');
  const raw = openRaw(path);
  const inRows = (): string => JSON.stringify(raw.prepare('SELECT record FROM numbers').all());

  await Promise.all(codes.map((code) => numberOf(code).create({ code })));
  expect(shown(inRows())).toBe(secrets.length);
  const approved = await Promise.all(codes.map((code) => numberOf(code).check(code)));
  expect(approved.every(({ outcome }) => outcome === 'approved')).toBe(true);
  expect(shown(inRows())).toBe(0);
  expect(shown(onDisk())).toBe(secrets.length);
  await store.prune();
  expect(shown(onDisk())).toBe(0);
});
