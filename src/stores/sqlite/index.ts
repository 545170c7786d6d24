import { resolve } from 'node:path';
import { ConfigurationError } from '../../errors.ts';
import * as claims from '../claim.ts';
import * as acts from '../record.ts';
import type { Clock, Store } from '../store.ts';
import { openConnection } from './connection.ts';
import { groupCommit } from './group-commit.ts';

export interface SqliteStoreOptions {
  /** Of the database file, in a directory that exists. Made for its owner's eyes only where it does not exist. SQLite keeps two more files beside it while it is open. */
  path: string;
  /** Milliseconds since the Unix epoch; unset: the system's. One that is behind what the file has seen, from this process or another, goes on from there (`steadyClock`). */
  clock?: Clock;
}

const maxPrunedPerTransaction = 200;
const maxSwept = 50;
const sweepEveryMs = 30_000;

/**
 * Keeps everything in one SQLite file, which any number of processes of one machine can share. An answer means that it is on the disk. Does nothing
 * before its first verb, which opens the file and brings its schema up to date.
 *
 * Takes out what has ended as it goes: a few numbers at a begin, every 30 s or as long as there are more. What is gone from the rows is gone from the
 * disk, log included, with the next such sweep, `prune` or `close`.
 */
export function sqliteStore(options: SqliteStoreOptions): Store {
  const { clock = Date.now } = options;
  if (!options.path || options.path === ':memory:') {
    throw new ConfigurationError(['sqliteStore needs the path of a file; memoryStore keeps everything in memory']);
  }
  const path = resolve(options.path);
  const transactions = groupCommit(() => openConnection(path, clock));
  let sweepAtMs = 0;

  function act<Result>(subject: string, verb: (record: acts.NumberRecord, nowMs: number) => Result): Promise<Result> {
    return transactions.run((connection) => connection.act(subject, verb));
  }

  function sweep(): void {
    const nowMs = clock();
    if (nowMs < sweepAtMs) return;
    sweepAtMs = nowMs + sweepEveryMs;
    const onTouched = (touched: number): void => {
      if (touched === maxSwept) sweepAtMs = 0;
    };
    // What is wrong with the database is told to those who ask for something.
    transactions.run((connection) => connection.prune(maxSwept)).then(onTouched, () => {});
  }

  return {
    name: 'sqlite',
    bindSubjectKey(fingerprint, { accept }) {
      return transactions.run((connection) => connection.bindSubjectKey(fingerprint, accept));
    },
    begin(request) {
      const { subject, broadLimits } = request;
      const result = transactions.run((connection) => {
        const counts = connection.counters.of(broadLimits);
        const begun = connection.act(subject, (record, nowMs) => acts.begin(record, request, nowMs, counts));
        if (begun.outcome !== 'refused') connection.counters.keep(broadLimits, counts);
        return begun;
      });
      sweep();
      return result;
    },
    check(request) {
      return act(request.subject, (record, nowMs) => acts.check(record, request, nowMs));
    },
    settle(request) {
      return act(request.subject, (record, nowMs) => void acts.settle(record, request, nowMs));
    },
    cancel(target) {
      return act(target.subject, (record, nowMs) => acts.cancel(record, target, nowMs));
    },
    approve(target) {
      return act(target.subject, (record, nowMs) => acts.approve(record, target, nowMs));
    },
    find(target) {
      return act(target.subject, (record, nowMs) => acts.find(record, target, nowMs));
    },
    lookup(subject) {
      return act(subject, acts.lookup);
    },
    unlock(subject) {
      return act(subject, acts.unlock);
    },
    erase(subject) {
      return act(subject, acts.erase);
    },
    claim(request) {
      return transactions.run(
        (connection) =>
          connection.actOnClaim(request.key, (before, nowMs) => claims.claim(before, request, nowMs)).outcome,
      );
    },
    complete(request) {
      return transactions.run((connection) => {
        connection.actOnClaim(request.key, (before, nowMs) => ({ after: claims.complete(before, request, nowMs) }));
      });
    },
    async prune({ max = 500 } = {}) {
      let touched = 0;
      while (touched < max) {
        const asked = Math.min(max - touched, maxPrunedPerTransaction);
        const pruned = await transactions.run((connection) => connection.prune(asked));
        touched += pruned;
        if (pruned < asked) break;
      }
      return touched;
    },
    ping() {
      return transactions.run(() => undefined);
    },
    close: () => transactions.close(),
  };
}
