/** A check of one verification, and between when and when it happened, on a clock that all callers share. */
export interface CheckCall {
  readonly code: 'right' | 'wrong';
  readonly calledAt: number;
  readonly answeredAt: number;
  readonly outcome: string;
  /** Of an `incorrect`. */
  readonly checksLeft?: number | undefined;
  /** Of an `ended`. */
  readonly status?: string | undefined;
}

/**
 * Why the calls, all of the checks of a verification that had `maxChecks` left, cannot have happened one by one, each between its call and its answer; null when
 * they can have (linearizability: Herlihy and Wing, 1990).
 *
 * No search is needed, whatever the number of calls, because the answers name their own order: the compared ones by the checks that they say are
 * left, then the approval, then all that found it ended, which change nothing and may stand in the order of their calls. A call that was answered before another
 * was made must stand before it; when no two stand the other way round that order is a right one, and when two do there is no other to try.
 */
export function whyNotOneByOne(calls: readonly CheckCall[], maxChecks: number): string | null {
  const compared = calls.filter(({ outcome }) => outcome === 'incorrect');
  const approved = calls.filter(({ outcome }) => outcome === 'approved');
  const late = calls.filter(({ outcome }) => outcome === 'ended' || outcome === 'not_found');
  const inOrder = compared.toSorted((a, b) => (b.checksLeft ?? 0) - (a.checksLeft ?? 0));
  if (compared.length + approved.length + late.length < calls.length) return 'an answer that no check can have';
  if (compared.some(({ code }) => code === 'right')) return 'a right code is incorrect';
  if (approved.some(({ code }) => code === 'wrong')) return 'a wrong code is approved';
  if (approved.length > 1) return 'approved more than once';
  if (compared.length + approved.length > maxChecks) return 'compared more often than there were checks';
  if (inOrder.some(({ checksLeft }, index) => checksLeft !== maxChecks - 1 - index))
    return 'checks are lost or refilled';
  const end = approved.length > 0 ? 'approved' : 'max_checks_reached';
  if (late.length > 0 && approved.length === 0 && compared.length < maxChecks) return 'ended without an end';
  if (late.some(({ outcome, status }) => outcome === 'ended' && status !== end)) return 'ended in another way';

  let latestCallAt = -Infinity;
  for (const { calledAt, answeredAt } of [...inOrder, ...approved]) {
    if (answeredAt < latestCallAt) return 'answered before a call was made that stands before it';
    latestCallAt = Math.max(latestCallAt, calledAt);
  }
  return late.some(({ answeredAt }) => answeredAt < latestCallAt) ? 'ended before it was' : null;
}
