import { bucketMs, emptyCount, type BroadCount } from '../broad-limits.ts';
import type { BroadLimit } from '../store.ts';
import type { RowTime } from './row-time.ts';

/** A row of `broad_limits` as it was read. */
export interface BroadRow {
  count: BroadCount;
  time: RowTime;
}

/** What acts that share one write take from broad limits, and what they saw when they decided to. */
export interface BroadCharges {
  /** What is kept of these limits, in their order; what was taken so far, by others of the acts too, is in it. */
  counts(limits: readonly BroadLimit[]): BroadCount[];
  /** Notes that an act has taken one of each, in `counts` too. */
  note(limits: readonly BroadLimit[]): void;
  /** As `write_number` takes them. */
  asked(): readonly AskedCharge[];
}

interface AskedCharge {
  readonly key: string;
  takes: number;
  /** The sixtieth in which they are made. */
  readonly at: number;
  /** The first sixtieth that counts. */
  readonly first_at: number;
  /** So many may count before, for every act to decide as it did. */
  most: number;
  until_ms: number;
}

/** Starts with the rows that were read. Changes their counts. */
export function broadCharges(rows: ReadonlyMap<string, BroadRow>, nowMs: number): BroadCharges {
  const counts = new Map<string, BroadCount>();
  const asked = new Map<string, AskedCharge>();

  function countOf(key: string): BroadCount {
    const count = counts.get(key) ?? rows.get(key)?.count ?? emptyCount();
    counts.set(key, count);
    return count;
  }

  function note({ key, max, windowMs }: BroadLimit): void {
    const sixtiethMs = bucketMs(windowMs);
    const charge = asked.get(key) ?? {
      key,
      takes: 0,
      at: Math.floor(nowMs / sixtiethMs),
      first_at: firstCounting(windowMs, nowMs),
      most: Infinity,
      until_ms: 0,
    };
    charge.most = Math.min(charge.most, max - 1 - charge.takes);
    charge.takes += 1;
    charge.until_ms = countOf(key).untilMs;
    asked.set(key, charge);
  }

  return {
    counts: (limits) => limits.map(({ key }) => countOf(key)),
    note(limits) {
      for (const limit of limits) note(limit);
    },
    asked: () => [...asked.values()],
  };
}

/** The first sixtieth of which something lies in the window or after it. The same line as in `broad-limits.ts`, solved for the sixtieth. */
export function firstCounting(windowMs: number, nowMs: number): number {
  return Math.floor((nowMs - windowMs + 1) / bucketMs(windowMs));
}

/** The column `counts` of a read. */
export function broadRows(json: string | null): Map<string, BroadRow> {
  const rows = new Map<string, BroadRow>();
  if (json === null) return rows;
  for (const { key, buckets, untilMs, latestMs, aheadMs } of JSON.parse(json) as Kept[]) {
    const sixtieths = Object.entries(buckets).map(([at, count]) => ({ at: Number(at), count }));
    const count: BroadCount = { buckets: sixtieths.toSorted((a, b) => a.at - b.at), untilMs };
    rows.set(key, { count, time: { latestMs, aheadMs } });
  }
  return rows;
}

interface Kept extends RowTime {
  key: string;
  buckets: Record<string, number>;
  untilMs: number;
}
