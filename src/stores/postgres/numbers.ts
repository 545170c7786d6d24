import { StoreError } from '../../errors.ts';
import type { Clock } from '../store.ts';
import type { Row, Run } from './client.ts';
import { broadRows, type BroadRow } from './broad-charges.ts';
import type { Change, ReadNumber } from './judge.ts';
import { timeOf } from './row-time.ts';
import type { Statements } from './statements.ts';

/** What became of a write: see the function `write_number`. */
export type Written = { outcome: 'written'; version: string | null } | { outcome: 'beaten' | 'held' | 'over' | 'late' };

/** The rows of numbers. */
export interface Numbers {
  /** One read, with what is kept of the broad limits of these keys. */
  read(run: Run, subject: string, keys: readonly string[]): Promise<ReadNumber>;
  /** One guarded write: the whole change, or nothing. */
  write(run: Run, change: Change): Promise<Written>;
}

/** `clock` unset: the server's. */
export function numbersIn(statements: Statements, clock: Clock | undefined): Numbers {
  /** Where the clock has jumped, this is what lets time go on for limits that refuse all the while, and so are not written otherwise. */
  async function keepTimes(run: Run, rows: ReadonlyMap<string, BroadRow>, givenMs: number): Promise<void> {
    const jumped = [...rows].flatMap(([key, { time }]) => {
      const nowMs = timeOf(time, givenMs);
      const aheadMs = nowMs - givenMs;
      return aheadMs === time.aheadMs ? [] : [{ key, before: time.latestMs, latest_ms: nowMs, ahead_ms: aheadMs }];
    });
    if (jumped.length > 0) await run(statements.keepBroadTimes, [JSON.stringify(jumped)]);
  }

  return {
    async read(run, subject, keys) {
      const values = [subject, injected(clock)];
      const [row] =
        keys.length === 0
          ? await run(statements.readNumber, values)
          : await run(statements.readNumberAndCounts, [...values, keys]);
      const { record = null, version = null, counts = null } = refuseReplica(row);
      const givenMs = integer(row, 'given_ms');
      const broad = broadRows(counts);
      await keepTimes(run, broad, givenMs);
      return { subject, json: record, version, time: rowTime(row), givenMs, broad };
    },
    async write(run, { read, json, dueAtMs, time, goodUntilMs, charges }) {
      const asked = charges.asked();
      const [row] = await run(statements.writeNumber, [
        read.subject,
        read.version,
        json,
        dueAtMs,
        time.latestMs,
        time.aheadMs,
        read.givenMs,
        goodUntilMs,
        injected(clock),
        asked.length === 0 ? null : JSON.stringify(asked),
      ]);
      return { outcome: row?.['outcome'], version: row?.['version'] ?? null } as Written;
    },
  };
}

/** What a statement is given as the time. */
export function injected(clock: Clock | undefined): number | null {
  if (!clock) return null;
  const nowMs = Math.trunc(clock());
  // Compared with no time at all, nothing would ever end.
  if (!Number.isSafeInteger(nowMs)) throw new StoreError('The PostgreSQL store does not know the time.');
  return nowMs;
}

/** `latest_ms` and `ahead_ms` of a row that may be absent. */
export function rowTime(row: Row | undefined): { latestMs: number; aheadMs: number } {
  return { latestMs: integer(row, 'latest_ms'), aheadMs: integer(row, 'ahead_ms') };
}

/** 0 where there is nothing. */
export function integer(row: Row | undefined, column: string): number {
  return Number(row?.[column] ?? 0);
}

/** What a replica tells may be old: nobody may be told of a code or a lock by it. */
export function refuseReplica(row: Row | undefined): Row {
  if (row?.['is_replica'] === 'true') {
    throw new StoreError(
      'The PostgreSQL store is connected to a replica, which may tell what is no longer so: name the primary.',
    );
  }
  return row ?? {};
}
