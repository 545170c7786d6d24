import { bucketMs, emptyCount, type BroadCount } from '../broad-limits.ts';
import type { BroadLimit } from '../store.ts';
import type { RowTime } from './row-time.ts';

/** A row of `broad_limits` as it was read. */
export interface BroadRow {
  count: BroadCount;
  time: RowTime;
}

/** A broad limit that a read is to tell of. */
export interface AskedLimit {
  readonly key: string;
  /** With fewer sends than that, whenever they were, none of the acts is refused by it. */
  readonly almost: number;
}

/** What acts that share one write take from broad limits, and what they saw when they decided to. */
export interface BroadCharges {
  /** What is kept of these limits, in their order; what was taken so far, by others of the acts too, is in it. */
  counts(limits: readonly BroadLimit[]): BroadCount[];
  /** Notes that an act has taken one of each, in `counts` too. */
  note(limits: readonly BroadLimit[]): void;
  /** As `write_number` takes them, in the order in which everybody does, so that nobody waits in a circle. */
  asked(): readonly AskedCharge[];
}

interface AskedCharge {
  readonly key: string;
  takes: number;
  /** The sixtieth in which they are made. */
  readonly at: number;
  /** The first sixtieth that counts. */
  readonly firstAt: number;
  /** So many may count before, for every act to decide as it did. */
  most: number;
  untilMs: number;
}

/** The limits of acts that share a read. */
export function askedLimits(acts: readonly { readonly broadLimits: readonly BroadLimit[] }[]): AskedLimit[] {
  const least = new Map<string, number>();
  for (const { key, max } of acts.flatMap(({ broadLimits }) => broadLimits)) {
    least.set(key, Math.min(least.get(key) ?? Infinity, max));
  }
  // All of them but the last may have taken one before the last is judged.
  return Array.from(least, ([key, max]) => ({ key, almost: max - acts.length + 1 }));
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
      firstAt: firstCounting(windowMs, nowMs),
      most: Infinity,
      untilMs: 0,
    };
    charge.most = Math.min(charge.most, max - 1 - charge.takes);
    charge.takes += 1;
    charge.untilMs = countOf(key).untilMs;
    asked.set(key, charge);
  }

  return {
    counts: (limits) => limits.map(({ key }) => countOf(key)),
    note(limits) {
      for (const limit of limits) note(limit);
    },
    asked: () => [...asked.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1)),
  };
}

/** The first sixtieth of which something lies in the window or after it. The same line as in `broad-limits.ts`, solved for the sixtieth. */
export function firstCounting(windowMs: number, nowMs: number): number {
  return Math.floor((nowMs - windowMs + 1) / bucketMs(windowMs));
}
