import { InvalidRequestError, StoreError } from '../../errors.ts';
import * as acts from '../record.ts';
import type { CheckOutcome, CheckRequest, StoreInTransaction } from '../store.ts';
import { beaten, tried } from './attempts.ts';
import { approveCharged, chargeFirst, type Charge } from './charge-first.ts';
import type { PostgresTransaction, Run } from './client.ts';
import type { Deadline } from './deadline.ts';
import { isSerializationFailure } from './failure.ts';
import { judge, type Act } from './judge.ts';
import type { NumberQueues } from './number-queues.ts';
import type { Numbers } from './numbers.ts';
import { runOn } from './sessions.ts';

/** What the verbs within a transaction need of the store. */
export interface StoreParts {
  numbers: Numbers;
  queues: NumberQueues;
  schema: string;
  inTime<Result>(act: (deadline: Deadline) => Promise<Result>): Promise<Result>;
}

/**
 * The verbs that approve, on the caller's client. Charges are committed before, on the store's own connection; on the caller's, only an approval is
 * written, and nothing is waited for that the caller itself might hold.
 */
export function withinTransaction(
  transaction: unknown,
  { numbers, queues, schema, inTime }: StoreParts,
): StoreInTransaction {
  const client = clientOf(transaction);

  /** Judges on what the transaction sees, and writes what `isApproval` says is one. Anything else has been written elsewhere, or will be by the next who asks. */
  function approve<Result>(
    deadline: Deadline,
    subject: string,
    run: Act<Result>['run'],
    isApproval: (result: Result) => boolean,
    leastVersion: string | null,
  ): Promise<Result> {
    const statement = throughSnapshot(runOn(client, deadline, schema));
    return tried(deadline, async () => {
      const read = await numbers.read(statement, subject, []);
      if (leastVersion !== null && BigInt(read.version ?? 0) < BigInt(leastVersion)) throw tooOldSnapshot();
      const { results, change } = judge(read, [{ broadLimits: [], run }]);
      const [result] = results as [Result];
      if (!change || !isApproval(result)) return result;
      const { outcome } = await numbers.write(statement, change);
      if (outcome === 'written') return result;
      deadline.waitFor(outcome === 'held' ? 'transaction' : 'turn');
      return beaten;
    });
  }

  async function approveCheck(
    deadline: Deadline,
    request: CheckRequest,
    charge: Charge,
    version: string | null,
  ): Promise<CheckOutcome> {
    return approve(
      deadline,
      request.subject,
      (record, nowMs) => approveCharged(record, request, charge, nowMs),
      ({ outcome }) => outcome === 'approved',
      version,
    );
  }

  return {
    check: (request) =>
      inTime(async (deadline) => {
        assertBegun(client);
        const { result, version } = await queues.act(
          request.subject,
          { broadLimits: [], run: (record, nowMs) => chargeFirst(record, request, nowMs) },
          deadline,
        );
        return 'charge' in result ? approveCheck(deadline, request, result.charge, version) : result.outcome;
      }),
    approve: (target) =>
      inTime(async (deadline) => {
        assertBegun(client);
        return approve(
          deadline,
          target.subject,
          (record, nowMs) => acts.approve(record, target, nowMs),
          ({ outcome }) => outcome === 'done',
          null,
        );
      }),
  };
}

function clientOf(transaction: unknown): PostgresTransaction {
  const isClient =
    typeof transaction === 'object' &&
    transaction !== null &&
    'query' in transaction &&
    typeof transaction.query === 'function';
  if (!isClient) throw invalid('must be a client of the package pg on which a transaction has begun');
  return transaction as PostgresTransaction;
}

/** Outside of a transaction an approval would be committed at once, and a rollback undo nothing. */
function assertBegun(client: PostgresTransaction): void {
  const status = client.getTransactionStatus?.();
  if (status === 'I') throw invalid('must have begun: no transaction is open on this client');
  if (status === 'E')
    throw invalid('must be sound: the transaction on this client has failed and can only be rolled back');
}

function invalid(detail: string): InvalidRequestError {
  return new InvalidRequestError([{ pointer: '/transaction', detail }]);
}

/** What a transaction cannot write because of its isolation stays so: nothing on it works until it is rolled back. */
function throughSnapshot(run: Run): Run {
  return (statement, values) =>
    run(statement, values).catch((error: unknown) => {
      throw isSerializationFailure(error) ? tooOldSnapshot() : error;
    });
}

function tooOldSnapshot(): StoreError {
  return new StoreError(
    'The PostgreSQL store cannot approve within this transaction, which sees the database as it was before the check. ' +
      'Begin it as READ COMMITTED, or make the check its first statement.',
  );
}
