import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startPruning } from '../../../src/server/pruning.ts';
import { memoryStore } from '../../../src/stores/memory.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A store whose prunings touch so many numbers, one entry for each batch. */
function storeWith(touched: (number | Error)[]) {
  const batches: number[] = [];
  return {
    batches,
    store: {
      ...memoryStore(),
      async prune({ max = 0 }: { max?: number } = {}) {
        batches.push(max);
        const next = touched.shift() ?? 0;
        if (next instanceof Error) throw next;
        return next;
      },
    },
  };
}

test('prunes in batches until one is not full, every 30 s', async () => {
  const { store, batches } = storeWith([500, 500, 20]);
  startPruning({ store, onError: () => {} });
  await vi.advanceTimersByTimeAsync(29_999);
  expect(batches).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(batches).toEqual([500, 500, 500]);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(batches).toHaveLength(4);
});

test('a failure is told, and the next round goes on', async () => {
  const { store, batches } = storeWith([new Error('locked')]);
  const errors: unknown[] = [];
  startPruning({ store, onError: (error) => errors.push(error) });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(errors).toHaveLength(1);
  expect(batches).toHaveLength(2);
});

test('rounds do not overlap, and stopping waits for the batch that runs and starts no other', async () => {
  let release = (): void => {};
  let running = 0;
  let most = 0;
  const store = {
    ...memoryStore(),
    async prune() {
      most = Math.max(most, (running += 1));
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      running -= 1;
      return 500;
    },
  };
  const pruning = startPruning({ store, onError: () => {} });
  await vi.advanceTimersByTimeAsync(90_000);
  let stopped = false;
  const stop = pruning.stop().then(() => {
    stopped = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  expect({ most, running, stopped }).toEqual({ most: 1, running: 1, stopped: false });
  release();
  await stop;
  await vi.advanceTimersByTimeAsync(60_000);
  expect({ most, running }).toEqual({ most: 1, running: 0 });
});
