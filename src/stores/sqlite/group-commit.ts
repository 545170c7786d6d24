import { randomInt } from 'node:crypto';
import { StoreError } from '../../errors.ts';
import type { Connection } from './connection.ts';
import { isBusy, isSqliteError } from './database.ts';

const maxVerbsPerTransaction = 128;
/** How long a verb waits for a lock that another process holds. */
const maxWaitMs = 2_000;
/** Between two tries for the lock. Drawn anew each time, so that processes do not fall into step. */
const pauseMs = { min: 1, max: 5 };

type Verb<Result> = (connection: Connection) => Result;

interface QueuedVerb {
  verb: Verb<unknown>;
  givesUpAtMs: number;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** The queue before a database, whose commits are dear: many verbs share one. */
export interface GroupCommit {
  /**
   * Runs a verb in the next transaction, after all that were asked for before it. Resolves when that transaction is committed. Rejects with what
   * the verb threw, which undoes it alone, or with a `StoreError` when the whole transaction failed or could not begin: then nothing is done.
   */
  run<Result>(verb: Verb<Result>): Promise<Result>;
  /** Finishes what was asked for before and closes the database. What is asked for later is rejected. */
  close(): Promise<void>;
}

/**
 * Verbs that come in one turn of the event loop share one transaction. The first of them opens the database; after a failure the next one opens it
 * anew. The event loop is never held up for a lock: a verb that cannot have it is tried again until it has waited for 2 s.
 */
export function groupCommit(open: () => Connection): GroupCommit {
  const queue: QueuedVerb[] = [];
  let connection: Connection | undefined;
  /** Whether a flush is to come. */
  let scheduled = false;
  let latest: Promise<unknown> = Promise.resolve();
  let closed: Promise<void> | undefined;

  function flush(): void {
    scheduled = false;
    try {
      connection ??= open();
      connection.begin();
    } catch (error) {
      if (isBusy(error)) waitForLock(error);
      else abandon(queue.splice(0), error);
      return;
    }
    perform(connection, queue.splice(0, maxVerbsPerTransaction));
    if (queue.length > 0) schedule();
  }

  function perform(connection: Connection, batch: readonly QueuedVerb[]): void {
    let outcomes: PromiseSettledResult<unknown>[];
    try {
      outcomes = batch.map(({ verb }) => connection.attempt(() => verb(connection)));
      connection.commit();
    } catch (error) {
      abandon(batch, error);
      return;
    }
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') batch[index]?.resolve(outcome.value);
      else batch[index]?.reject(isSqliteError(outcome.reason) ? storeError(outcome.reason) : outcome.reason);
    }
  }

  function abandon(verbs: readonly QueuedVerb[], cause: unknown): void {
    connection?.close();
    connection = undefined;
    for (const { reject } of verbs) reject(storeError(cause));
  }

  function waitForLock(cause: unknown): void {
    const nowMs = performance.now();
    while (queue[0] && queue[0].givesUpAtMs <= nowMs) queue.shift()?.reject(storeError(cause));
    const [first] = queue;
    if (!first) return;
    scheduled = true;
    setTimeout(flush, Math.min(randomInt(pauseMs.min, pauseMs.max + 1), first.givesUpAtMs - nowMs));
  }

  function schedule(): void {
    scheduled = true;
    setImmediate(flush);
  }

  return {
    run<Result>(verb: Verb<Result>) {
      if (closed) return Promise.reject(new StoreError('The SQLite store is closed.'));
      const result = new Promise<Result>((resolve, reject) => {
        queue.push({ verb, givesUpAtMs: performance.now() + maxWaitMs, resolve, reject });
      });
      latest = result;
      if (!scheduled) schedule();
      return result;
    },
    close() {
      const release = (): void => connection?.close();
      closed ??= latest.then(release, release);
      return closed;
    },
  };
}

function storeError(cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  return new StoreError(`The SQLite store cannot act: ${String(cause)}`, { cause });
}
