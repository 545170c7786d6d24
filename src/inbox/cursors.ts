import { randomInt } from 'node:crypto';

/** Marks places in the order in which things happened to one inbox. */
export interface Cursors {
  /** Makes the next one: as text greater than every one before it, and never made twice, also not by another process. */
  next(): string;
  /** The latest one made; before any: one that stands before them all. */
  latest(): string;
  /** How many were made up to and with this one. Of what this inbox did not make (it came before a restart): -1, so that it hides nothing. */
  positionOf(cursor: string): number;
}

// Milliseconds, count and run, in base 36 and of a fixed width, so that they sort as text: good until the year 5188 and for 2,000,000,000 of a run.
const shape = /^[0-9a-z]{9}([0-9a-z]{6})([0-9a-z]{8})$/;

/** Whether a text can be a cursor, of whichever inbox. */
export function isCursor(text: string): boolean {
  return shape.test(text);
}

/** Makes the cursors of one inbox, going on after `last` where it was there before. `clock` tells milliseconds since 1970 and may go back: cursors do not. */
export function createCursors(clock: () => number, last?: string): Cursors {
  const [, lastMade, lastRun] = shape.exec(last ?? '') ?? [];
  const run = lastRun ?? base36(randomInt(36 ** 8), 8);
  let timeMs = lastRun === undefined ? 0 : Number.parseInt(last!.slice(0, 9), 36);
  let made = lastMade === undefined ? 0 : Number.parseInt(lastMade, 36);
  const cursor = () => {
    timeMs = Math.max(timeMs, clock());
    return `${base36(timeMs, 9)}${base36(made, 6)}${run}`;
  };
  let latest = lastRun === undefined ? cursor() : last!;
  return {
    next() {
      made += 1;
      latest = cursor();
      return latest;
    },
    latest: () => latest,
    positionOf(text) {
      const [, position = '', runOfText] = shape.exec(text) ?? [];
      return runOfText === run ? Number.parseInt(position, 36) : -1;
    },
  };
}

function base36(value: number, width: number): string {
  return value.toString(36).padStart(width, '0');
}
