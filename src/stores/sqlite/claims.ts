import type { Claim } from '../claim.ts';
import type { Database } from './database.ts';

/** Idempotency keys in their rows. */
export interface ClaimRows {
  /** What is kept of a key; null: nothing. */
  of(key: string): Claim | null;
  /** Keeps that from now on; null: nothing. */
  keep(key: string, claim: Claim | null): void;
}

/** Reads and writes the rows of a connection. */
export function claimRows({ claim: select, setClaim, deleteClaim }: Database['statements']): ClaimRows {
  return {
    of(key) {
      const row = select.get(key);
      return row
        ? {
            fingerprint: String(row.fingerprint),
            token: String(row.token),
            leaseUntilMs: Number(row.lease_until_ms),
            answer: row.answer instanceof Uint8Array ? row.answer : null,
            untilMs: Number(row.due_at_ms),
          }
        : null;
    },
    keep(key, claim) {
      if (!claim) deleteClaim.run(key);
      else setClaim.run(key, claim.fingerprint, claim.token, claim.leaseUntilMs, claim.answer, claim.untilMs);
    },
  };
}
