import { expect, test } from 'vitest';
import { randomBytes } from '../../src/random.ts';

test('no bytes are given twice, of whatever length, and those that were given stay as they are', () => {
  const given = Array.from({ length: 5_000 }, (_, i) => randomBytes(8 + (i % 40)));
  const before = given.map((bytes) => bytes.toString('hex'));
  const starts = new Set(before.map((hex) => hex.slice(0, 16)));
  expect(starts.size).toBe(given.length);
  randomBytes(4_096);
  expect(given.map((bytes) => bytes.toString('hex'))).toEqual(before);
  expect(given.every((bytes, i) => bytes.length === 8 + (i % 40))).toBe(true);
});

test('every bit is as often set as not', () => {
  const counts = Array.from({ length: 96 }, () => 0);
  const rounds = 4_000;
  for (let round = 0; round < rounds; round++) {
    const bytes = randomBytes(12);
    for (const bit of counts.keys()) counts[bit]! += (bytes[bit >> 3]! >> (bit & 7)) & 1;
  }
  // Six standard deviations.
  for (const count of counts) expect(Math.abs(count - rounds / 2)).toBeLessThan(6 * Math.sqrt(rounds / 4));
});

test('more than can be had at once is refused, never short', () => {
  expect(randomBytes(4_096)).toHaveLength(4_096);
  expect(() => randomBytes(4_097)).toThrow(RangeError);
});
