import { timingSafeEqual } from 'node:crypto';
import { lifetimeMs, maxChecks, maxSends, sendWindowMs, type Engine } from './engine.ts';

interface Row {
  sends: number;
  windowEndsAtMs: number;
  digest: Buffer | null;
  expiresAtMs: number;
  checksLeft: number;
}

/** A `Map`. */
export function memoryEngine(): Engine {
  const rows = new Map<string, Row>();
  return {
    start(to, digest, nowMs) {
      let row = rows.get(to);
      if (!row || nowMs >= row.windowEndsAtMs) {
        row = { sends: 0, windowEndsAtMs: nowMs + sendWindowMs, digest: null, expiresAtMs: 0, checksLeft: 0 };
        rows.set(to, row);
      }
      if (row.sends >= maxSends) return false;
      row.sends += 1;
      row.digest = digest;
      row.expiresAtMs = nowMs + lifetimeMs;
      row.checksLeft = maxChecks;
      return true;
    },
    check(to, digest, nowMs) {
      const row = rows.get(to);
      if (!row?.digest || nowMs >= row.expiresAtMs || row.checksLeft === 0) return false;
      row.checksLeft -= 1;
      if (!timingSafeEqual(row.digest, digest)) return false;
      row.digest = null;
      return true;
    },
    close() {},
  };
}
