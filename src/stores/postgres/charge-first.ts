import * as acts from '../record.ts';
import type { LiveVerification, NumberRecord } from '../record.ts';
import type { CheckOutcome, CheckRequest } from '../store.ts';

/** A right code that is charged like a wrong one until its approval is committed. */
export interface Charge {
  /** The verification as it was before. */
  live: LiveVerification;
  atMs: number;
}

/** The verb `check`, but what would be approved is charged as one wrong check more, and stays pending unless that was its last. */
export function chargeFirst(
  record: NumberRecord,
  request: CheckRequest,
  nowMs: number,
): { charge: Charge } | { outcome: CheckOutcome } {
  const trial = structuredClone(record);
  const outcome = acts.check(trial, request, nowMs);
  const live = outcome.outcome === 'approved' && record.live.find(({ nonce }) => nonce === outcome.verification.nonce);
  if (!live) {
    Object.assign(record, trial);
    return { outcome };
  }
  const charge = { live: structuredClone(live), atMs: nowMs };
  acts.check(record, wrongForSure(request), nowMs);
  return { charge };
}

/**
 * The approval that gives a charge back. It is that of the verification which was compared, and of no other, whatever has happened meanwhile; wrong checks that
 * came in between do not stand in its way, even if they were the last that it had.
 */
export function approveCharged(
  record: NumberRecord,
  request: CheckRequest,
  { live, atMs }: Charge,
  nowMs: number,
): CheckOutcome {
  const { nonce, purposeTag } = live;
  const charged = record.wrongChecks.indexOf(atMs);
  if (charged >= 0) record.wrongChecks.splice(charged, 1);
  record.wrongInRow = Math.max(0, record.wrongInRow - 1);
  const pending = record.live.find((v) => v.purposeTag === purposeTag);
  const ended = record.ended.find((v) => v.nonce === nonce);
  if (pending?.nonce === nonce) {
    pending.wrongChecks = Math.max(0, pending.wrongChecks - 1);
  } else if (!pending && ended?.status === 'max_checks_reached') {
    record.ended = record.ended.filter((v) => v !== ended);
    record.live.push({ ...live, expiresAtMs: ended.expiresAtMs, wrongChecks: live.maxChecks - 1 });
  }
  const outcome = acts.check(record, { ...request, nonce }, nowMs);
  // Whoever does not know the id is not told of an end.
  return outcome.outcome === 'ended' && request.nonce === undefined ? { outcome: 'not_found' } : outcome;
}

function wrongForSure(request: CheckRequest): CheckRequest {
  return {
    ...request,
    digests: request.digests.map(({ keyId, digest }) => ({ keyId, digest: digest.map((byte) => byte ^ 0xff) })),
  };
}
