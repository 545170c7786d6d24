import type { Policy } from './policy.ts';
import type { NumberLimits } from './stores/store.ts';

const dayMs = 86_400_000;

/** Which limits hang on a number, as a store takes them: milliseconds, one object for all verbs. */
export function numberLimits(policy: Policy): NumberLimits {
  return {
    sends: [
      { name: 'sends', max: policy.maxSends, windowMs: policy.sendWindowSeconds * 1_000 },
      { name: 'sends_daily', max: policy.maxSendsPerDay, windowMs: dayMs },
    ],
    attempts: { max: policy.maxSends + policy.maxRejectedSends, windowMs: policy.sendWindowSeconds * 1_000 },
    gapMs: policy.sendGapSeconds * 1_000,
    lifetimeMs: policy.lifetimeSeconds * 1_000,
    maxLifetimeMs: policy.maxLifetimeSeconds * 1_000,
    repeatMs: (policy.resendUntilSeconds ?? policy.maxLifetimeSeconds - policy.lifetimeSeconds) * 1_000,
    maxChecks: policy.maxChecks,
    wrongChecks: { max: policy.maxWrongChecksPerDay, windowMs: dayMs },
    lock: { after: policy.lockAfterWrongChecks, forMs: policy.lockSeconds * 1_000 },
    ended: { max: policy.maxEndedKept, keepMs: policy.endedKeptSeconds * 1_000 },
    verifiedMs: policy.verifiedSeconds * 1_000,
  };
}
