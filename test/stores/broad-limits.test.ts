import { expect, test } from 'vitest';
import { broadlyRefused, emptyCount, take } from '../../src/stores/broad-limits.ts';

const limit = { name: 'address', key: 'a key', max: 1, windowMs: 600_000 };

test.each([
  ['first', 0, 609_999],
  ['last', 9_999, 609_999],
  ['first of the second', 10_000, 619_999],
])('a send in the %s millisecond of a sixtieth leaves with the last of it', (_, atMs, leavesAtMs) => {
  const count = emptyCount();
  take(count, limit, atMs);
  expect(broadlyRefused([limit], [count], leavesAtMs - 1)?.retryAfterMs).toBe(1);
  expect(broadlyRefused([limit], [count], leavesAtMs)).toBeNull();
  expect(count.untilMs).toBe(leavesAtMs);
});

test('a window that has no whole sixtieths has the next longer ones, one of less than 60 ms is exact', () => {
  for (const [windowMs, leavesAtMs] of [
    [7_001, 116 + 7_001],
    [59, 59],
    [60, 60],
    [61, 1 + 61],
  ] as const) {
    const odd = { ...limit, windowMs };
    const count = emptyCount();
    take(count, odd, 0);
    expect(broadlyRefused([odd], [count], leavesAtMs - 1)?.retryAfterMs).toBe(1);
    expect(broadlyRefused([odd], [count], leavesAtMs)).toBeNull();
  }
});

test('a look takes nothing, and a take lets go of what no longer counts', () => {
  const count = emptyCount();
  for (let sixtieth = 0; sixtieth < 200; sixtieth += 1) {
    const before = structuredClone(count);
    broadlyRefused([limit], [count], sixtieth * 10_000);
    expect(count).toEqual(before);
    take(count, limit, sixtieth * 10_000);
    take(count, limit, sixtieth * 10_000);
  }
  expect(count.buckets).toEqual(Array.from({ length: 61 }, (_, index) => ({ at: 139 + index, count: 2 })));
});
