import type { Clock } from './store.ts';

/**
 * A clock that never goes back and never stands still. Where the given one jumps back, time goes on from where it was, at the given one's pace, until that
 * has caught up: no window refills, and every code still ends when its lifetime is over. `leastMs`: what others who share the data have seen.
 */
export function steadyClock(clock: Clock): (leastMs?: number) => number {
  let aheadMs = 0;
  let latestMs = 0;
  return (leastMs = 0) => {
    const given = Math.trunc(clock());
    const floor = Math.max(latestMs, leastMs);
    if (given >= floor) aheadMs = 0;
    else if (given + aheadMs < floor) aheadMs = floor - given;
    latestMs = given + aheadMs;
    return latestMs;
  };
}
