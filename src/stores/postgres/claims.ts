import * as claims from '../claim.ts';
import type { Claim } from '../claim.ts';
import type { ClaimOutcome, ClaimRequest, Clock, CompleteRequest } from '../store.ts';
import { beaten, beatenIfTransient, tried } from './attempts.ts';
import type { Row, Run } from './client.ts';
import type { Deadline } from './deadline.ts';
import { injected, integer, refuseReplica, rowTime } from './numbers.ts';
import { timeOf, type RowTime } from './row-time.ts';
import type { Sessions } from './sessions.ts';
import type { Statements } from './statements.ts';

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
      const [row] = await run(statements.readClaim, [key, injected(clock)]);
      const { version = null } = refuseReplica(row);
      const before = claimIn(row);
      const givenMs = integer(row, 'given_ms');
      const time = rowTime(row);
      const nowMs = timeOf(time, givenMs);
      const step = judge(before, nowMs);
      const isSame = step.after === before && (before === null || nowMs - givenMs === time.aheadMs);
      if (isSame) return step;
      const now: RowTime = { latestMs: nowMs, aheadMs: nowMs - givenMs };
      return (await write(run, key, version, step.after, now)) ? step : beaten;
    };
    return tried(deadline, () => sessions.use(deadline, (run) => attempt(run).catch(beatenIfTransient)));
  }

  /** False: nothing was written, because the row is not what was read. */
  async function write(run: Run, key: string, version: string | null, after: Claim | null, time: RowTime) {
    if (after === null) return (await run(statements.deleteClaim, [key, version])).length > 0;
    const { fingerprint, token, leaseUntilMs, answer, untilMs } = after;
    const sealed = answer && Buffer.from(answer).toString('base64');
    const values = [key, fingerprint, token, leaseUntilMs, sealed, untilMs, time.latestMs, time.aheadMs];
    const written =
      version === null
        ? await run(statements.insertClaim, values)
        : await run(statements.updateClaim, [...values, version]);
    return written.length > 0;
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

function claimIn(row: Row | undefined): Claim | null {
  const { fingerprint, token, answer } = row ?? {};
  if (fingerprint == null || token == null) return null;
  return {
    fingerprint,
    token,
    leaseUntilMs: integer(row, 'lease_until_ms'),
    answer: answer == null ? null : new Uint8Array(Buffer.from(answer, 'base64')),
    untilMs: integer(row, 'until_ms'),
  };
}
