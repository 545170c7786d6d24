import type { ClaimOutcome, ClaimRequest, CompleteRequest } from './store.ts';

/** What is kept of an idempotency key. */
export interface Claim {
  fingerprint: string;
  /** Whose turn it is, or was. */
  token: string;
  leaseUntilMs: number;
  /** Sealed; null until it is complete. */
  answer: Uint8Array | null;
  /** When all of it is forgotten. */
  untilMs: number;
}

/** The verb `claim` on what is kept of its key: the answer, and what is kept from now on. */
export function claim(
  before: Claim | null,
  request: ClaimRequest,
  nowMs: number,
): { outcome: ClaimOutcome; after: Claim | null } {
  const { fingerprint, token } = request;
  const kept = before && nowMs < before.untilMs ? before : null;
  if (kept && kept.fingerprint !== fingerprint) return { outcome: { outcome: 'reused' }, after: kept };
  if (kept?.answer) return { outcome: { outcome: 'completed', answer: kept.answer.slice() }, after: kept };
  if (kept && kept.token !== token && nowMs < kept.leaseUntilMs) {
    return { outcome: { outcome: 'running', retryAfterMs: kept.leaseUntilMs - nowMs }, after: kept };
  }
  const untilMs = kept?.untilMs ?? nowMs + request.keepMs;
  const leaseUntilMs = nowMs + request.leaseMs;
  return { outcome: { outcome: 'claimed' }, after: { fingerprint, token, leaseUntilMs, answer: null, untilMs } };
}

/** The verb `complete`: what is kept from now on; null: nothing. */
export function complete(before: Claim | null, { token, answer }: CompleteRequest, nowMs: number): Claim | null {
  if (!before || nowMs >= before.untilMs) return null;
  if (before.token !== token || before.answer) return before;
  return answer ? { ...before, answer: answer.slice() } : null;
}
