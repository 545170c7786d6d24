import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import type { Store } from '../../../src/stores/store.ts';
import { numberOn } from '../../../src/testing/store-cases/number.ts';
import { databasePath, openRaw, openStore } from './database-file.ts';

const sqliteBusy = 5;

/** A store whose write lock another connection holds until it lets go. */
async function lockedStore(): Promise<{ store: Store; letGo(): void }> {
  const path = databasePath();
  const store = openStore(path);
  await store.ping();
  const holder = openRaw(path);
  holder.exec('BEGIN IMMEDIATE');
  return { store, letGo: () => holder.exec('ROLLBACK') };
}

/** The longest that the event loop stood still until `done`. */
async function longestStandstillMs(done: Promise<unknown>): Promise<number> {
  let longestMs = 0;
  let over = false;
  void done.finally(() => (over = true));
  while (!over) {
    const before = performance.now();
    await setTimeout(5);
    longestMs = Math.max(longestMs, performance.now() - before);
  }
  return longestMs;
}

test('what is asked for while another process writes for a second is done after it, and the event loop turns meanwhile', async () => {
  const { store, letGo } = await lockedStore();
  const asked = Promise.all(
    Array.from({ length: 20 }, (_, index) => numberOn(store, { name: `number ${index}` }).begin()),
  );
  const free = setTimeout(1_000).then(letGo);
  expect(await longestStandstillMs(asked)).toBeLessThan(800);
  await free;
  expect((await asked).map(({ outcome }) => outcome)).toEqual(Array(20).fill('created'));
});

test('what has waited two seconds for another process is refused and not done later', async () => {
  const { store, letGo } = await lockedStore();
  const askedAtMs = performance.now();
  const number = numberOn(store);
  const early = number.begin();
  const later = setTimeout(1_500).then(() => numberOn(store, { name: 'later' }).begin());
  const free = setTimeout(3_000).then(letGo);
  const error: unknown = await early.then(
    () => expect.unreachable(),
    (reason: unknown) => reason,
  );
  const waitedMs = performance.now() - askedAtMs;
  expect(error).toBeInstanceOf(StoreError);
  expect((error as StoreError).cause).toMatchObject({ errcode: sqliteBusy });
  expect(waitedMs).toBeGreaterThan(1_900);
  expect(waitedMs).toBeLessThan(2_900);
  await free;
  expect((await later).outcome).toBe('created');
  expect(await number.find()).toBeNull();
  expect((await number.create()).sendsLeft).toBe(2);
});

test('a file that another process holds locked from the start is opened as soon as it is free', async () => {
  const path = databasePath();
  const holder = openRaw(path);
  holder.exec('BEGIN EXCLUSIVE');
  const ping = openStore(path).ping();
  await setTimeout(200);
  holder.exec('ROLLBACK');
  holder.close();
  await ping;
});
