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
