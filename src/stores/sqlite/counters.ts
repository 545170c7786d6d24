import { emptyCount, type BroadCount } from '../broad-limits.ts';
import { decodeBuckets, encodeBuckets } from '../record-json.ts';
import type { BroadLimit } from '../store.ts';
import type { Database } from './database.ts';

/** The counters of broad limits for the length of a transaction: each is read once and written once, however many begins share it. */
export interface Counters {
  /** What is kept of each of these limits, in their order. Changing it changes nothing until it is kept. */
  of(limits: readonly BroadLimit[]): BroadCount[];
  /** Keeps what has become of `of(limits)`. Never throws, so that a verb that ends with it is done or undone as a whole. */
  keep(limits: readonly BroadLimit[], counts: readonly BroadCount[]): void;
  /** Writes what was kept. */
  write(): void;
  /** Forgets what was read and kept: another transaction begins. */
  reset(): void;
}

/** Makes the counters of a connection. */
export function transactionCounters({ counter, setCounter }: Database['statements']): Counters {
  const counts = new Map<string, BroadCount>();
  const kept = new Set<string>();

  function countOf(key: string): BroadCount {
    const known = counts.get(key);
    if (known) return known;
    const row = counter.get(key);
    const count = row ? { buckets: decodeBuckets(String(row.buckets)), untilMs: Number(row.due_at_ms) } : emptyCount();
    counts.set(key, count);
    return count;
  }

  return {
    of: (limits) =>
      limits.map(({ key }) => {
        const { buckets, untilMs } = countOf(key);
        return { buckets: buckets.map((bucket) => ({ ...bucket })), untilMs };
      }),
    keep(limits, changed) {
      for (const [index, { key }] of limits.entries()) {
        counts.set(key, changed[index] ?? emptyCount());
        kept.add(key);
      }
    },
    write() {
      for (const key of kept) {
        const { buckets, untilMs } = countOf(key);
        setCounter.run(key, encodeBuckets(buckets), untilMs);
      }
    },
    reset() {
      counts.clear();
      kept.clear();
    },
  };
}
