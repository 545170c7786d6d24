import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Policy } from '../../src/index.ts';
import type { NumberLimits } from '../../src/stores/store.ts';
import { virtualClock } from '../../src/testing/clock.ts';
import type { OpenStore } from './open-store.ts';
import { realVerifier, verifierCommands, type Real } from './verifier-commands.ts';
import { verifierModel, type ModelPolicy } from './verifier-model.ts';

const dayMs = 86_400_000;

/** A policy, and the numbers that the model goes by under it. */
export interface ModelledPolicy {
  readonly policy: Partial<Policy>;
  readonly model: ModelPolicy;
}

/** Small numbers, so that runs come by every limit. */
export const modelPolicies: readonly ModelledPolicy[] = [
  {
    policy: {
      lifetimeSeconds: 40,
      maxLifetimeSeconds: 70,
      maxSends: 3,
      sendWindowSeconds: 60,
      maxSendsPerDay: 9,
      resendAdviceSeconds: 10,
      maxChecks: 3,
      maxWrongChecksPerDay: 7,
      lockAfterWrongChecks: 5,
      lockSeconds: 3_600,
      maxEndedKept: 2,
      endedKeptSeconds: 300,
      verifiedSeconds: 600,
    },
    model: {
      limits: limitsOf({
        sends: [
          { name: 'sends', max: 3, windowMs: 60_000 },
          { name: 'sends_daily', max: 9, windowMs: dayMs },
        ],
      }),
      resendAdviceMs: 10_000,
      repeats: true,
    },
  },
  {
    policy: {
      lifetimeSeconds: 40,
      maxLifetimeSeconds: 70,
      maxSends: 5,
      sendWindowSeconds: 60,
      maxSendsPerDay: 30,
      sendGapSeconds: 2,
      resendAdviceSeconds: 0,
      resend: 'new_code',
      maxChecks: 3,
      maxWrongChecksPerDay: 20,
      lockAfterWrongChecks: 5,
      lockSeconds: 3_600,
      maxEndedKept: 2,
      endedKeptSeconds: 300,
      verifiedSeconds: 600,
    },
    model: {
      limits: limitsOf({
        sends: [
          { name: 'sends', max: 5, windowMs: 60_000 },
          { name: 'sends_daily', max: 30, windowMs: dayMs },
        ],
        gapMs: 2_000,
        wrongChecks: { max: 20, windowMs: dayMs },
      }),
      resendAdviceMs: 2_000,
      repeats: false,
    },
  },
];

/** The numbers of the first, and the number of most calls with a fixed code. */
export const modelWithTestNumber: ModelledPolicy = {
  policy: modelPolicies[0]!.policy,
  model: { ...modelPolicies[0]!.model, testCodes: { '+12025550143': '424242' } },
};

function limitsOf(changes: Partial<NumberLimits>): NumberLimits {
  return {
    sends: [],
    attempts: { max: 1_000, windowMs: dayMs },
    gapMs: 0,
    lifetimeMs: 40_000,
    maxLifetimeMs: 70_000,
    repeatMs: 30_000,
    maxChecks: 3,
    wrongChecks: { max: 7, windowMs: dayMs },
    lock: { after: 5, forMs: 3_600_000 },
    ended: { max: 2, keepMs: 300_000 },
    verifiedMs: 600_000,
    ...changes,
  };
}

/** No event holds a code or an unmasked number. */
function assertNoLeak({ events, messages }: Real, testCodes: Readonly<Record<string, string>> = {}): void {
  const told = JSON.stringify(events, (key, value: unknown) => (key === 'durationMs' ? undefined : value));
  for (const { code, to } of messages) {
    assert.ok(!told.includes(code), 'an event holds a code');
    assert.ok(!told.includes(to.slice(1)), 'an event holds a number');
  }
  for (const [to, code] of Object.entries(testCodes)) {
    assert.ok(!told.includes(code), 'an event holds the code of a test number');
    assert.ok(!told.includes(to.slice(1)), 'an event holds a test number');
  }
}

/** Random calls to a verifier, each run on a store of its own, are all answered as the model answers them. Rejects with the shortest run that is not. */
export async function runsLikeTheModel(
  open: OpenStore,
  { policy, model }: ModelledPolicy,
  numRuns: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(verifierCommands, async (commands) => {
      const clock = virtualClock();
      const store = await open(clock);
      try {
        const real = realVerifier(store, clock, policy, model.testCodes);
        await fc.asyncModelRun(() => ({ model: verifierModel(model), real }), commands);
        assertNoLeak(real, model.testCodes);
      } finally {
        await store.close();
      }
    }),
    { numRuns },
  );
}
