import type { BroadLimit, LimitRefusal } from './store.ts';

/** What is kept of one broad limit: how many sends were made in each sixtieth of its window, oldest first. */
export interface BroadCount {
  /** `at`: which sixtieth, counted from the epoch. */
  buckets: { at: number; count: number }[];
  /** When nothing of it counts any more. */
  untilMs: number;
}

const bucketsPerWindow = 60;

export function emptyCount(): BroadCount {
  return { buckets: [], untilMs: 0 };
}

/** How long a bucket is: a sixtieth of the window, in whole milliseconds. */
export function bucketMs(windowMs: number): number {
  return Math.ceil(windowMs / bucketsPerWindow);
}

/** When a bucket no longer counts: once even its last millisecond has left the window. */
function bucketEndsMs(at: number, windowMs: number): number {
  return (at + 1) * bucketMs(windowMs) - 1 + windowMs;
}

/** The broad limit that refuses for longest; null when none does. `counts` in the order of `limits`. Takes nothing. */
export function broadlyRefused(
  limits: readonly BroadLimit[],
  counts: readonly BroadCount[],
  nowMs: number,
): LimitRefusal | null {
  let refusal: LimitRefusal | null = null;
  for (const [index, { name, max, windowMs }] of limits.entries()) {
    const retryAfterMs = waitMs(counts[index]?.buckets ?? [], max, windowMs, nowMs);
    if (retryAfterMs > (refusal?.retryAfterMs ?? 0)) refusal = { limit: name, max, windowMs, retryAfterMs };
  }
  return refusal;
}

/** How long until fewer than `max` count; 0 when that is so now. */
function waitMs(buckets: BroadCount['buckets'], max: number, windowMs: number, nowMs: number): number {
  const counting = buckets.filter(({ at }) => bucketEndsMs(at, windowMs) > nowMs);
  let left = counting.reduce((sum, { count }) => sum + count, 0);
  let untilMs = nowMs;
  for (const { at, count } of counting) {
    if (left < max) break;
    left -= count;
    untilMs = bucketEndsMs(at, windowMs);
  }
  return untilMs - nowMs;
}

/** Counts one send, and lets go of what no longer counts. */
export function take(count: BroadCount, { windowMs }: BroadLimit, nowMs: number): void {
  const at = Math.floor(nowMs / bucketMs(windowMs));
  count.buckets = count.buckets.filter((bucket) => bucketEndsMs(bucket.at, windowMs) > nowMs);
  const current = count.buckets.find((bucket) => bucket.at === at);
  if (current) current.count += 1;
  else count.buckets.push({ at, count: 1 });
  count.untilMs = Math.max(count.untilMs, bucketEndsMs(at, windowMs));
}
