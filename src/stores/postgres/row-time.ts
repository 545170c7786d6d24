import { StoreError } from '../../errors.ts';
import type { Clock } from '../store.ts';

/** How time runs for one row; both 0: it was never acted on. */
export interface RowTime {
  /** The latest time at which the row was acted on. */
  latestMs: number;
  /** How far its time runs ahead of a clock that has jumped back. */
  aheadMs: number;
}

/**
 * What time it is for a row when the clock says `givenMs`: never earlier than it was, and where the clock has jumped back, going on from there at the
 * clock's pace until that has caught up (`steadyClock`, but remembered with the row). Keep `aheadMs` whenever it has changed: it says where the jump was.
 */
export function timeOf({ latestMs, aheadMs }: RowTime, givenMs: number): number {
  return givenMs >= latestMs ? givenMs : Math.max(givenMs + aheadMs, latestMs);
}

/** What a statement is given as the time; null: it is to take the server's. */
export function injectedMs(clock: Clock | undefined): number | null {
  if (!clock) return null;
  const nowMs = Math.trunc(clock());
  // Compared with no time at all, nothing would ever end.
  if (!Number.isSafeInteger(nowMs)) throw new StoreError('The PostgreSQL store does not know the time.');
  return nowMs;
}
