import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import type { Store } from '../../../src/stores/store.ts';
import { virtualClock } from '../../../src/testing/clock.ts';
import { allAtOnce } from '../../../src/testing/store-cases/case.ts';
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
