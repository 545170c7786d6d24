import * as claims from '../claim.ts';
import type { Claim } from '../claim.ts';
import type { ClaimOutcome, ClaimRequest, Clock, CompleteRequest } from '../store.ts';
import { beaten, beatenIfTransient, tried } from './attempts.ts';
import type { Run } from './client.ts';
import type { Deadline } from './deadline.ts';
import { injectedMs, timeOf } from './row-time.ts';
import type { Sessions } from './sessions.ts';
import type { Statements } from './statements.ts';
import { toldLines, wordsOf } from './told.ts';

/** The rows of idempotency keys: like numbers read, judged and written under the guard of their version. */
export interface Claims {
  claim(request: ClaimRequest, deadline: Deadline): Promise<ClaimOutcome>;
  complete(request: CompleteRequest, deadline: Deadline): Promise<void>;
}

/** `clock` unset: the server's. */
export function claimsIn(statements: Statements, sessions: Sessions, clock: Clock | undefined): Claims {
  function act<Step extends { after: Claim | null }>(
    key: string,
    deadline: Deadline,
    judge: (before: Claim | null, nowMs: number) => Step,
  ): Promise<Step> {
    const attempt = async (run: Run): Promise<Step | typeof beaten> => {
      const { version, before, time, givenMs } = readIn(await run(statements.readClaim, [key, injectedMs(clock)]));
      const nowMs = timeOf(time, givenMs);
      const aheadMs = nowMs - givenMs;
      const step = judge(before, nowMs);
      if (step.after === before && (before === null || aheadMs === time.aheadMs)) return step;
      const { fingerprint, token, leaseUntilMs, answer, untilMs } = step.after ?? {};
      const sealed = answer && Buffer.from(answer).toString('base64');
      const values = [key, version, fingerprint, token, leaseUntilMs, sealed, untilMs, nowMs, aheadMs];
      const [row] = await run(statements.writeClaim, values);
      return row?.['told'] === 'true' ? step : beaten;
    };
    return tried(deadline, () => sessions.use(deadline, (run) => attempt(run).catch(beatenIfTransient)));
  }

  return {
    async claim(request, deadline) {
      const step = await act(request.key, deadline, (before, nowMs) => claims.claim(before, request, nowMs));
      return step.outcome;
    },
    async complete(request, deadline) {
      await act(request.key, deadline, (before, nowMs) => ({ after: claims.complete(before, request, nowMs) }));
    },
  };
}

/** What `read_claim` tells. */
function readIn(rows: Parameters<typeof toldLines>[0]) {
  const [given, row, sealed] = toldLines(rows);
  const [version = null, latestMs = 0, aheadMs = 0, leaseUntilMs, untilMs, fingerprint = '', token = ''] = wordsOf(row);
  const answer = sealed ? new Uint8Array(Buffer.from(sealed, 'base64')) : null;
  const before: Claim | null =
    version === null
      ? null
      : { fingerprint, token, leaseUntilMs: Number(leaseUntilMs), answer, untilMs: Number(untilMs) };
  const time = { latestMs: Number(latestMs), aheadMs: Number(aheadMs) };
  return { version, before, time, givenMs: Number(given) };
}
