import { StoreError } from '../../errors.ts';
import type { Claim } from '../claim.ts';
import { dueAtMs, emptyRecord, touch, type NumberRecord } from '../record.ts';
import { steadyClock } from '../steady-clock.ts';
import type { Clock } from '../store.ts';
import { claimRows } from './claims.ts';
import { transactionCounters, type Counters } from './counters.ts';
import { openDatabase } from './database.ts';
import { decodeRecord, encodeRecord } from '../record-json.ts';

/** How long prune leaves a record alone that it could not read. */
const unreadableForMs = 86_400_000;

/** An open database. Everything but `close` is called between `begin` and `commit`, while no other connection can write. */
export interface Connection {
  /** Takes the write lock, and the time at which the transaction acts. */
  begin(): void;
  /** What was done since `begin` is durable when this returns. */
  commit(): void;
  /** Runs `verb` in a savepoint: when it throws, what it wrote is undone, and nothing else. Itself throws only when the whole transaction is lost. */
  attempt<Result>(verb: () => Result): PromiseSettledResult<Result>;
  /** Runs a verb on the record of one number: reads the row, acts, writes it if it has changed. A row that holds nothing goes. */
  act<Result>(subject: string, verb: (record: NumberRecord, nowMs: number) => Result): Result;
  /** Of broad limits. */
  readonly counters: Pick<Counters, 'of' | 'keep'>;
  /** Runs a verb on what is kept of an idempotency key, and keeps what it comes to; null: nothing. */
  actOnClaim<Step extends { after: Claim | null }>(
    key: string,
    verb: (before: Claim | null, nowMs: number) => Step,
  ): Step;
  /**
   * Drops what has ended of at most `max` numbers, counters and claims, of each kind the longest due first. Answers with how many they were. When
   * that was all, the commit empties the write-ahead log, so that what was deleted until now, here or elsewhere, is gone from the disk.
   */
  prune(max: number): number;
  /** See `Store.bindSubjectKey`. */
  bindSubjectKey(fingerprint: string, accept: boolean): boolean;
  /** Undoes what was not committed. The last connection to a file takes the write-ahead log into it. */
  close(): void;
}

/** Opens the database at `path`, as `openDatabase` does. */
export function openConnection(path: string, clock: Clock): Connection {
  const { statements, close } = openDatabase(path, Math.trunc(clock()));
  const now = steadyClock(clock);
  const counters = transactionCounters(statements);
  const claims = claimRows(statements);
  let nowMs = 0;
  let lastTimeMs = 0;
  /** A transaction that has written nothing leaves the shared time alone too, and so costs no write at all. */
  let wrote = false;
  let pruned = false;

  function act<Result>(subject: string, verb: (record: NumberRecord, nowMs: number) => Result): Result {
    const json = statements.number.get(subject)?.record;
    const record = typeof json === 'string' ? decodeRecord(json) : emptyRecord();
    const result = verb(record, nowMs);
    const due = dueAtMs(record);
    if (due === null) {
      if (json !== undefined) drop(subject);
    } else {
      const changed = encodeRecord(record);
      if (changed !== json) put(subject, changed, due);
    }
    return result;
  }

  function put(subject: string, json: string, due: number): void {
    wrote = true;
    statements.setNumber.run(subject, json, due);
  }

  function drop(subject: string): void {
    wrote = true;
    statements.deleteNumber.run(subject);
  }

  function actOnClaim<Step extends { after: Claim | null }>(
    key: string,
    verb: (before: Claim | null, nowMs: number) => Step,
  ): Step {
    const before = claims.of(key);
    const step = verb(before, nowMs);
    if (step.after === before) return step;
    wrote = true;
    claims.keep(key, step.after);
    return step;
  }

  /** Lets go of what has ended of numbers; what cannot be read is left alone for a while. */
  function pruneNumbers(max: number): number {
    const due = statements.due.all(nowMs, max);
    for (const { subject } of due) {
      try {
        act(String(subject), touch);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        // A record that cannot be read must not keep all others from going. Whoever asks for its number is told.
        wrote = true;
        statements.setDueAt.run(nowMs + unreadableForMs, String(subject));
      }
    }
    return due.length;
  }

  function checkpoint(): void {
    try {
      statements.checkpoint.get();
    } catch {
      // What was committed stays committed, in the log. Whatever is wrong, the next transaction says so.
    }
  }

  return {
    begin() {
      statements.begin.run();
      lastTimeMs = Number(statements.lastTime.get()?.last_time_ms);
      nowMs = now(lastTimeMs);
      // Compared with no time at all, nothing would ever end.
      if (!Number.isSafeInteger(nowMs + lastTimeMs)) throw new StoreError('The SQLite store does not know the time.');
      wrote = false;
      pruned = false;
      counters.reset();
    },
    commit() {
      counters.write();
      if (wrote && nowMs > lastTimeMs) statements.setLastTime.run(nowMs);
      statements.commit.run();
      if (pruned) checkpoint();
    },
    attempt(verb) {
      statements.savepoint.run();
      try {
        const value = verb();
        statements.release.run();
        return { status: 'fulfilled', value };
      } catch (reason) {
        try {
          statements.rollBack.run();
          statements.release.run();
        } catch {
          // SQLite has rolled back everything by itself: https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction
          throw reason;
        }
        return { status: 'rejected', reason };
      }
    },
    act,
    counters,
    actOnClaim,
    prune(max) {
      let touched = pruneNumbers(max);
      for (const rows of [statements.deleteDueCounters, statements.deleteDueClaims]) {
        touched += Number(rows.run(nowMs, max - touched).changes);
      }
      wrote ||= touched > 0;
      pruned ||= touched < max;
      return touched;
    },
    bindSubjectKey(fingerprint, accept) {
      const kept = statements.subjectKey.get()?.subject_key;
      if (kept === fingerprint) return true;
      if (kept !== null && !accept) return false;
      wrote = true;
      statements.setSubjectKey.run(fingerprint);
      return true;
    },
    close,
  };
}
