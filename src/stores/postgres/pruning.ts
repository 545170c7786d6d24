import { StoreError } from '../../errors.ts';
import type { Clock } from '../store.ts';
import { beatenIfTransient, tried } from './attempts.ts';
import type { Row, Run } from './client.ts';
import type { Deadline } from './deadline.ts';
import { judge, type Change } from './judge.ts';
import { injectedMs } from './row-time.ts';
import type { Sessions } from './sessions.ts';
import type { Statement, Statements } from './statements.ts';
import { integer } from './told.ts';

const maxPerStatement = 200;
/** How long a record is left alone that cannot be read. */
const unreadableForMs = 86_400_000;

/** What pruning needs of the store. */
export interface PrunedParts {
  statements: Statements;
  sessions: Sessions;
  clock: Clock | undefined;
  inTime<Result>(act: (deadline: Deadline) => Promise<Result>): Promise<Result>;
}

/**
 * Drops what has ended of at most `max` numbers, broad limits and claims, the longest due first, in short transactions that nobody waits for. Resolves with
 * how many it touched. A row that somebody else has his hands on is left for the next time.
 */
export async function prune(max: number, { statements, sessions, clock, inTime }: PrunedParts): Promise<number> {
  const deleteEnded = (statement: Statement) => async (run: Run, most: number) =>
    integer((await run(statement, [injectedMs(clock), most]))[0], 'count');
  const pruneNumbers = async (run: Run, most: number) => {
    const rows = await run(statements.dueNumbers, [injectedMs(clock), most]);
    await writeTouched(run, statements, rows);
    return rows.length;
  };

  let touched = 0;
  for (const pruneSome of [
    pruneNumbers,
    deleteEnded(statements.deleteEndedBroadLimits),
    deleteEnded(statements.deleteEndedClaims),
  ]) {
    for (let isDone = false; !isDone && touched < max;) {
      const most = Math.min(max - touched, maxPerStatement);
      const some = await inTime((deadline) =>
        tried(deadline, () => sessions.use(deadline, (run) => pruneSome(run, most).catch(beatenIfTransient))),
      );
      touched += some;
      isDone = some < most;
    }
  }
  return touched;
}

/** Writes what is left of each number: under the guard of its version, so that whatever else was done to one meanwhile stands. */
async function writeTouched(run: Run, statements: Statements, rows: readonly Row[]): Promise<void> {
  const changes: Change[] = [];
  const unreadable: (string | null | undefined)[] = [];
  for (const row of rows) {
    try {
      const { change } = judge(readIn(row), []);
      if (change) changes.push(change);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // A record that cannot be read must not keep all others from going. Whoever asks for its number is told.
      unreadable.push(row['subject']);
    }
  }
  if (changes.length > 0) {
    const written = changes.map(({ read: { subject, version }, json, dueAtMs, time }) => ({
      subject,
      version,
      record: json,
      due_at_ms: dueAtMs,
      latest_ms: time.latestMs,
      ahead_ms: time.aheadMs,
    }));
    await run(statements.writePruned, [JSON.stringify(written)]);
  }
  if (unreadable.length > 0) {
    await run(statements.putOff, [integer(rows[0], 'given_ms') + unreadableForMs, unreadable]);
  }
}

function readIn(row: Row) {
  const { subject, record: json = null, version = null } = row;
  return {
    subject: String(subject),
    json,
    version,
    time: { latestMs: integer(row, 'latest_ms'), aheadMs: integer(row, 'ahead_ms') },
    givenMs: integer(row, 'given_ms'),
    broad: new Map(),
  };
}
