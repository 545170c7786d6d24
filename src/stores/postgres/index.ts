import { StoreError } from '../../errors.ts';
import * as acts from '../record.ts';
import type { NumberRecord } from '../record.ts';
import type { Clock, Store, StoreInTransaction } from '../store.ts';
import { beatenIfTransient, tried } from './attempts.ts';
import { claimsIn } from './claims.ts';
import type { PostgresPool, Row } from './client.ts';
import { inTime as runInTime, type Deadline } from './deadline.ts';
import { dangersIn } from './inspect.ts';
import { judge, type Act } from './judge.ts';
import { migrate, schemaVersion } from './migrate.ts';
import { numberQueues } from './number-queues.ts';
import { numbersIn } from './numbers.ts';
import { prune } from './pruning.ts';
import { defaultSchema, quotedSchema } from './schema.ts';
import { sessionsOf } from './sessions.ts';
import { statementsFor, type Statement } from './statements.ts';
import { integer, isReplica } from './told.ts';
import { withinTransaction } from './transaction.ts';

// A verb is an act on a number. `number-queues` puts together those that come at once, `numbers` reads the row, `judge` runs the acts on it, and `numbers` writes
// what came of it, if the row is still what was read: see docs/decisions/0012-postgres-guarded-writes.md. The SQL is in `statements` and the migrations.

export type { PostgresClient, PostgresPool, PostgresQuery, PostgresTransaction } from './client.ts';
export { migrationSql } from './migrate.ts';

export interface PostgresStoreOptions {
  /**
   * A `Pool` of the package `pg`, which stays the caller's: the store closes no more than connections that have broken. Listen to the pool's `error`, as for any: idle
   * connections break too.
   */
  pool: PostgresPool;
  /** The schema whose tables are the store's; `phoneproof` when unset. Nothing else may be in it. */
  schema?: string;
  /**
   * Whether the sessions of the pool keep the store's statements, so that each is parsed once; true when unset. Behind a pooler that gives each transaction another
   * session, and does not keep statements itself, the store notices at its first acts and goes on without.
   */
  prepare?: boolean;
  /** Milliseconds since the Unix epoch, instead of the server's clock: for tests. */
  clock?: Clock;
}

/** A store in PostgreSQL. */
export interface PostgresStore extends Store {
  /**
   * Creates the tables, or brings them up to date. Resolves with the names of the migrations that it applied; none: all had been. Any number of processes can ask at
   * once. Rejects with a `StoreError` for a schema that a newer phoneproof has migrated.
   */
  migrate(): Promise<readonly string[]>;
  /** `transaction`: a client of the package `pg`, of the store's database, on which the caller has begun one. */
  within(transaction: unknown): StoreInTransaction;
  inspect(): Promise<readonly string[]>;
}

const sweepEveryMs = 30_000;
const maxSwept = 50;

/**
 * Keeps everything in one schema of a PostgreSQL database, which any number of processes can share, through PgBouncer in transaction mode too. Goes by the server's
 * clock. Does nothing before its first verb; until `migrate` has run, every verb rejects and says so.
 *
 * Takes out what has ended as it goes: a few numbers at a begin, every 30 s or as long as there are more.
 */
export function postgresStore({
  pool,
  schema = defaultSchema,
  prepare = true,
  clock,
}: PostgresStoreOptions): PostgresStore {
  const statements = statementsFor(quotedSchema(schema));
  const sessions = sessionsOf(pool, schema, { isOn: prepare });
  const numbers = numbersIn(statements, clock);
  const queues = numberQueues(numbers, sessions);
  const claims = claimsIn(statements, sessions, clock);
  const underWay = new Set<Promise<unknown>>();
  let isClosed = false;
  let sweepAtMs = 0;

  async function inTime<Result>(act: (deadline: Deadline) => Promise<Result>): Promise<Result> {
    if (isClosed) throw new StoreError('The PostgreSQL store is closed.');
    return follow(runInTime(act));
  }

  async function follow<Result>(work: Promise<Result>): Promise<Result> {
    underWay.add(work);
    try {
      return await work;
    } finally {
      underWay.delete(work);
    }
  }

  function act<Result>(
    subject: string,
    run: Act<Result>['run'],
    { broadLimits = [], part }: Partial<Omit<Act<Result>, 'run'>> = {},
  ) {
    return inTime(async (deadline) => (await queues.act(subject, { broadLimits, part, run }, deadline)).result);
  }

  /** A verb that only looks writes only where something has ended. Otherwise it waits for nobody who writes. */
  function look<Result>(subject: string, run: (record: NumberRecord, nowMs: number) => Result): Promise<Result> {
    return inTime(async (deadline) => {
      const looking = { broadLimits: [], run };
      const read = await sessions.use(deadline, (statement) => numbers.read(statement, subject, []));
      const { results, change } = judge(read, [looking]);
      return change ? (await queues.act(subject, looking, deadline)).result : (results as [Result])[0];
    });
  }

  /** One statement that can be run again when it loses a race. */
  function row(statement: Statement, values: readonly unknown[]): Promise<Row | undefined> {
    return inTime(async (deadline) => {
      const rows = await tried(deadline, () =>
        sessions.use(deadline, (run) => run(statement, values).catch(beatenIfTransient)),
      );
      return rows[0];
    });
  }

  function sweep(): void {
    const nowMs = performance.now();
    if (nowMs < sweepAtMs) return;
    sweepAtMs = nowMs + sweepEveryMs;
    const onTouched = (touched: number): void => {
      if (touched === maxSwept) sweepAtMs = 0;
    };
    // What is wrong with the database is told to those who ask for something.
    prune(maxSwept, { statements, sessions, clock, inTime }).then(onTouched, () => {});
  }

  return {
    name: 'postgres',
    async bindSubjectKey(fingerprint, { accept }) {
      const bound = await row(statements.bindSubjectKey, [fingerprint, accept]);
      return bound?.['kept'] === 'true';
    },
    async begin(request) {
      const { subject, broadLimits } = request;
      const begun = act(
        subject,
        (record, nowMs, charges) => {
          const outcome = acts.begin(record, request, nowMs, charges.counts(broadLimits));
          if (outcome.outcome !== 'refused') charges.note(broadLimits);
          return outcome;
        },
        { broadLimits, part: 'begin' },
      );
      sweep();
      return begun;
    },
    check: (request) => act(request.subject, (record, nowMs) => acts.check(record, request, nowMs)),
    async settle(request) {
      const [first, ...others] = request.handOvers;
      await act(request.subject, (record, nowMs) => acts.settle(record, request, nowMs), {
        // A rejection may end the verification, and the end has its time; so has a hand-over that joins.
        part: first?.status === 'rejected' || others.length > 0 ? undefined : 'settle',
      });
    },
    cancel: (target) => act(target.subject, (record, nowMs) => acts.cancel(record, target, nowMs)),
    approve: (target) => act(target.subject, (record, nowMs) => acts.approve(record, target, nowMs)),
    find: (target) => look(target.subject, (record, nowMs) => acts.find(record, target, nowMs)),
    lookup: (subject) => look(subject, acts.lookup),
    unlock: (subject) => act(subject, acts.unlock),
    erase: (subject) => act(subject, acts.erase),
    claim: (request) => inTime((deadline) => claims.claim(request, deadline)),
    complete: (request) => inTime((deadline) => claims.complete(request, deadline)),
    within: (transaction) => withinTransaction(transaction, { numbers, queues, schema, inTime }),
    prune: async ({ max = 500 } = {}) => prune(max, { statements, sessions, clock, inTime }),
    inspect: async () => dangersIn(await row(statements.dangers, [])),
    async ping() {
      const found = await row(statements.ping, []);
      if (found?.['is_replica'] === 'true') throw isReplica();
      if (integer(found, 'version') < schemaVersion) {
        throw new StoreError(
          `The schema ${schema} of the PostgreSQL store is out of date: run \`phoneproof migrate\`.`,
        );
      }
    },
    migrate: () => migrate(pool, schema),
    async close() {
      isClosed = true;
      while (underWay.size > 0) await Promise.allSettled(underWay);
      await sessions.idle();
    },
  };
}
