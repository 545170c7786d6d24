import { expect, test } from 'vitest';
import { onSchedule } from '../../src/end-to-end/schedule.ts';
import { virtualClock } from '../../src/testing/clock.ts';

/** Runs for so many rounds, each of which takes so long, and gives when each began, in milliseconds since the start. */
async function beginnings({
  rounds,
  takesMs = 0,
  chance = 0.5,
}: {
  rounds: number;
  takesMs?: number;
  chance?: number;
}) {
  const clock = virtualClock(0);
  const ending = new AbortController();
  const began: number[] = [];
  let underWay = 0;
  await onSchedule(
    async () => {
      expect(++underWay).toBe(1);
      began.push(clock.now());
      await Promise.resolve();
      clock.advance(takesMs);
      underWay -= 1;
      if (began.length === rounds) ending.abort();
    },
    {
      everyMs: 1_000,
      clock: clock.now,
      wait: async (ms) => clock.advance(ms),
      chance: () => chance,
      signal: ending.signal,
    },
  );
  return began;
}

test('begins at once, and again after each interval, whatever a run takes of it', async () => {
  expect(await beginnings({ rounds: 4 })).toEqual([0, 1_000, 2_000, 3_000]);
  expect(await beginnings({ rounds: 4, takesMs: 400 })).toEqual([0, 1_000, 2_000, 3_000]);
});

test('varies by a tenth at most', async () => {
  expect(await beginnings({ rounds: 3, chance: 0 })).toEqual([0, 900, 1_800]);
  const [, last = 0] = await beginnings({ rounds: 2, chance: 0.999_999 });
  expect(last).toBeGreaterThan(1_099);
  expect(last).toBeLessThan(1_100);
});

test('a run that takes longer than the interval delays the next, and none is made up for', async () => {
  expect(await beginnings({ rounds: 3, takesMs: 2_500 })).toEqual([0, 2_500, 5_000]);
});

test('ends while it waits, as soon as it is told to', async () => {
  const ending = new AbortController();
  let runs = 0;
  const wait = (_ms: number, signal: AbortSignal) =>
    new Promise<void>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      ending.abort(new Error('enough'));
    });
  const act = async (): Promise<void> => void (runs += 1);
  await onSchedule(act, { everyMs: 1_000, clock: () => 0, wait, chance: () => 0, signal: ending.signal });
  expect(runs).toBe(1);
});

test('what the run throws ends it, and so does a wait that fails', async () => {
  const { signal } = new AbortController();
  const time = { everyMs: 1_000, clock: () => 0, chance: () => 0, signal };
  const failing = () => Promise.reject(new Error('a bug'));
  await expect(onSchedule(failing, { ...time, wait: async () => {} })).rejects.toThrow('a bug');
  await expect(onSchedule(async () => {}, { ...time, wait: failing })).rejects.toThrow('a bug');
});
