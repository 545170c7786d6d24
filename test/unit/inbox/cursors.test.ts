import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCursors, isCursor } from '../../../src/inbox/cursors.ts';

const start = Date.UTC(2030, 0, 1);

test('cursors grow as text, whatever the clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5_000, max: 5_000 }), { maxLength: 50 }), (steps) => {
      let nowMs = start;
      const cursors = createCursors(() => nowMs);
      const made = [cursors.latest()];
      for (const step of steps) {
        nowMs += step;
        made.push(cursors.next());
      }
      expect(made.every(isCursor)).toBe(true);
      expect(made.toSorted()).toEqual(made);
      expect(new Set(made).size).toBe(made.length);
      expect(made.map((cursor) => cursors.positionOf(cursor))).toEqual(made.map((_, index) => index));
    }),
  );
});

test('cursors still grow when a hundred thousand are made in one millisecond', () => {
  const cursors = createCursors(() => start);
  const made = Array.from({ length: 100_000 }, () => cursors.next());
  expect(made.toSorted()).toEqual(made);
});

test('two runs under one clock make no cursor twice, and neither knows those of the other', () => {
  const one = createCursors(() => start);
  const other = createCursors(() => start);
  expect(one.latest()).not.toBe(other.latest());
  expect(one.next()).not.toBe(other.next());
  expect(one.positionOf(other.latest())).toBe(-1);
  expect(other.positionOf(one.latest())).toBe(-1);
});

test('the cursors of a later run are greater', () => {
  const earlier = createCursors(() => start);
  for (let i = 0; i < 1_000; i += 1) earlier.next();
  const later = createCursors(() => start + 1);
  expect(later.latest() > earlier.latest()).toBe(true);
});

test.each(['', '0', 'x'.repeat(22), 'x'.repeat(24), `${'x'.repeat(22)}-`, 'X'.repeat(23)])(
  '%j is no cursor',
  (text) => {
    expect(isCursor(text)).toBe(false);
    expect(createCursors(() => start).positionOf(text)).toBe(-1);
  },
);

test('cursors go on after the last one of before, whatever the clock does', () => {
  fc.assert(
    fc.property(fc.integer({ min: -5_000, max: 5_000 }), fc.nat(50), (step, count) => {
      const before = createCursors(() => start);
      const made = Array.from({ length: count }, () => before.next());
      const after = createCursors(() => start + step, before.latest());
      expect(after.latest()).toBe(before.latest());
      const next = after.next();
      expect(made.every((cursor) => cursor < next)).toBe(true);
      expect(made.map((cursor) => after.positionOf(cursor))).toEqual(made.map((_, index) => index + 1));
      expect(after.positionOf(next)).toBe(count + 1);
    }),
  );
});
