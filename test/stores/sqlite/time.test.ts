import { expect, test } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import { virtualClock } from '../../../src/testing/clock.ts';
import { dayMs, hourMs, idOf, minuteMs, numberOn, usualLimits } from '../../../src/testing/store-cases/number.ts';
import { databasePath, openRaw, openStore } from './database-file.ts';

test('two processes whose clocks differ go by the later one', async () => {
  const path = databasePath();
  const [fast, slow] = [virtualClock(), virtualClock()];
  fast.advance(hourMs);
  const [ahead, behind] = [openStore(path, fast.now), openStore(path, slow.now)];
  const limits = { ...usualLimits, lifetimeMs: 5 * minuteMs };
  await numberOn(behind, { limits }).create();
  // The first act of the one that is ahead ends the code for both.
  await numberOn(ahead, { name: 'another number', limits }).create();
  expect((await numberOn(behind, { limits }).check('111111')).outcome).toBe('not_found');
  const begun = await numberOn(behind, { name: 'a third number', limits }).create();
  expect(begun.createdAtMs).toBe(fast.now());
});

test('a prune that takes only counters and claims moves the time of all processes too', async () => {
  const path = databasePath();
  const [fast, slow] = [virtualClock(), virtualClock()];
  const [ahead, behind] = [openStore(path, fast.now), openStore(path, slow.now)];
  const [key, fingerprint, token] = [idOf('key'), idOf('thing'), idOf('caller')];
  await behind.claim({ key, fingerprint, token, leaseMs: minuteMs, keepMs: hourMs });
  fast.advance(hourMs);
  expect(await ahead.prune()).toBe(1);
  expect((await numberOn(behind).create()).createdAtMs).toBe(fast.now());
});

test('a store that is opened again with an earlier clock goes on from the time it had', async () => {
  const path = databasePath();
  const clock = virtualClock();
  const first = openStore(path, clock.now);
  for (let i = 0; i < 3; i += 1) await numberOn(first).begin();
  const beganAtMs = clock.now();
  await first.close();
  clock.advance(-2 * dayMs);
  const again = openStore(path, clock.now);
  expect(await numberOn(again).begin()).toMatchObject({ outcome: 'refused', retryAfterMs: 10 * minuteMs });
  expect((await numberOn(again, { name: 'another number' }).create()).createdAtMs).toBe(beganAtMs);
  clock.set(beganAtMs + 10 * minuteMs);
  expect((await numberOn(again).begin()).outcome).toBe('created');
});

test('a clock of fractions of milliseconds is rounded down', async () => {
  const clock = virtualClock();
  const store = openStore(databasePath(), () => clock.now() + 0.75);
  expect((await numberOn(store).create()).createdAtMs).toBe(clock.now());
});

test('without the time nothing is done', async () => {
  const path = databasePath();
  const broken = openStore(path, () => Number.NaN);
  await expect(numberOn(broken).begin()).rejects.toThrow(StoreError);
  const store = openStore(path);
  await numberOn(store).create();
  openRaw(path).exec('DELETE FROM shared');
  await expect(numberOn(store).check('111111')).rejects.toThrow(StoreError);
});
