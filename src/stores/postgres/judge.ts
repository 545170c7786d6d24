import { decodeRecord, encodeRecord } from '../record-json.ts';
import { dueAtMs, emptyRecord, touch, type NumberRecord } from '../record.ts';
import type { BroadLimit } from '../store.ts';
import { broadCharges, type BroadCharges, type BroadRow } from './broad-charges.ts';
import { timeOf, type RowTime } from './row-time.ts';

/** A row of `numbers`, and what else its acts look at, as they were at one instant. */
export interface ReadNumber {
  subject: string;
  /** Null: there is no row. */
  json: string | null;
  version: string | null;
  time: RowTime;
  /** What the clock said. */
  givenMs: number;
  broad: ReadonlyMap<string, BroadRow>;
}

/** What is asked of a number: a verb of `record.ts`. */
export interface Act<Result> {
  readonly broadLimits: readonly BroadLimit[];
  /**
   * `begin`: this process will settle it. `settle`: comes out the same at any time before the next end in the record, so it needs no newer read than its begin; unless its result
   * is true, which says that it goes by the time.
   */
  readonly part?: 'begin' | 'settle' | undefined;
  run(record: NumberRecord, nowMs: number, charges: BroadCharges): Result;
}

/** What acts came to: their results, which count once `change` is written, or at once where there is none. */
export interface Judgement<Result> {
  results: Result[];
  change: Change | null;
}

/** What is to be written, and for how long that is right. */
export interface Change {
  read: ReadNumber;
  /** Null: nothing is kept, the row goes. */
  json: string | null;
  /** By the clock. */
  dueAtMs: number;
  time: RowTime;
  /** By the clock: from then on another judgement might come out. */
  goodUntilMs: number;
  charges: BroadCharges;
}

/** Thrown for an act that has thrown: none of the acts has happened. */
export class ActFailure extends Error {
  readonly index: number;
  constructor(index: number, cause: unknown) {
    super('An act has thrown.', { cause });
    this.index = index;
  }
}

/** How old a judgement may be when it is written. Bounds what a process can do that was halted in between. */
const usuallyGoodForMs = 1_000;

/**
 * Runs acts, one after the other, on what was read. All of them at one time: the latest that the number or one of their broad limits knows. Throws a `StoreError` for
 * a record that cannot be read.
 */
export function judge<Result>(
  read: ReadNumber,
  acts: readonly Act<Result>[],
  goodForMs = usuallyGoodForMs,
): Judgement<Result> {
  const { json, givenMs } = read;
  const record = json === null ? emptyRecord() : decodeRecord(json);
  const nowMs = Math.max(
    timeOf(read.time, givenMs),
    ...[...read.broad.values()].map(({ time }) => timeOf(time, givenMs)),
  );
  const aheadMs = nowMs - givenMs;
  const charges = broadCharges(read.broad, nowMs);

  touch(record, nowMs);
  const goodUntilMs = Math.min(givenMs + goodForMs, (dueAtMs(record) ?? Infinity) - aheadMs);
  const results = acts.map((act, index) => {
    try {
      return act.run(record, nowMs, charges);
    } catch (cause) {
      throw new ActFailure(index, cause);
    }
  });

  const due = dueAtMs(record);
  const after = due === null ? null : encodeRecord(record);
  const isSame = after === json && (json === null || aheadMs === read.time.aheadMs);
  if (isSame && charges.asked().length === 0) return { results, change: null };
  const time = { latestMs: nowMs, aheadMs };
  return { results, change: { read, json: after, dueAtMs: (due ?? 0) - aheadMs, time, goodUntilMs, charges } };
}
