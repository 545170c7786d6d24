import { StoreError } from '../../errors.ts';
import type { PostgresClient, PostgresPool, PostgresTransaction, Run } from './client.ts';
import type { Deadline } from './deadline.ts';
import { isFromSession, isUnprepared, storeError } from './failure.ts';

/** So much later than its act a statement is given up: who asked has been told by then. */
const afterwardsMs = 50;

/** The connections of the caller's pool, each for as long as a piece of work needs it. */
export interface Sessions {
  /** Runs `work` on a connection. One that something is wrong with is closed after it. */
  use<Result>(deadline: Deadline, work: (run: Run) => Promise<Result>): Promise<Result>;
  /** Resolves when none is in use. */
  idle(): Promise<void>;
}

/** Whether sessions keep statements, from one statement to the next. Turned off where that turns out not to work. */
interface Prepare {
  isOn: boolean;
}

/** Makes sessions of a pool. */
export function sessionsOf(pool: PostgresPool, schema: string, prepare: Prepare): Sessions {
  const inUse = new Set<Promise<unknown>>();
  return {
    async use(deadline, work) {
      const client = await connect(pool, deadline, schema);
      const done = useClient(client, (onError) => work(runOn(client, deadline, schema, { prepare, onError })));
      inUse.add(done);
      try {
        return await done;
      } finally {
        inUse.delete(done);
      }
    },
    async idle() {
      await Promise.allSettled(inUse);
    },
  };
}

/** Statements on one client, none of which is waited for beyond the deadline. Without `prepare` nothing is left behind in the session. */
export function runOn(
  client: PostgresTransaction,
  deadline: Deadline,
  schema: string,
  { prepare = { isOn: false }, onError = () => {} }: { prepare?: Prepare; onError?: (error: unknown) => void } = {},
): Run {
  return async ({ text, name }, values) => {
    const query = async (named: { name?: string }) => {
      const leftMs = deadline.leftMs();
      if (leftMs <= 0) throw deadline.error();
      deadline.waitFor('server');
      const { rows } = await client.query({ ...named, text, values, query_timeout: Math.ceil(leftMs) + afterwardsMs });
      return rows;
    };
    try {
      if (name === undefined || !prepare.isOn) return await query({});
      return await query({ name }).catch((error: unknown) => {
        // A pooler has passed it to another session than the one that keeps it. Nothing is done yet.
        if (!isUnprepared(error)) throw error;
        prepare.isOn = false;
        return query({});
      });
    } catch (error) {
      if (error instanceof StoreError) throw error;
      onError(error);
      throw deadline.leftMs() > 0 ? storeError(error, schema) : deadline.error();
    }
  };
}

/** A connection of the pool. One that comes too late goes back at once. */
export async function connect(pool: PostgresPool, deadline: Deadline, schema: string): Promise<PostgresClient> {
  deadline.waitFor('connection');
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => {
        isOver = true;
        reject(deadline.error());
      },
      Math.max(0, deadline.leftMs()),
    );
  });
  const connecting = async (): Promise<PostgresClient> => {
    const client = await pool.connect();
    listenForGood(client);
    if (isOver) client.release();
    return client;
  };
  try {
    return await Promise.race([connecting(), over]);
  } catch (error) {
    throw error instanceof StoreError ? error : storeError(error, schema);
  } finally {
    clearTimeout(timer);
  }
}

const heard = new WeakSet<PostgresClient>();

/** What nobody listens to when it happens, a client throws: a connection that breaks while it is handed over or closed must not end the process. */
function listenForGood(client: PostgresClient): void {
  if (heard.has(client)) return;
  heard.add(client);
  client.on('error', () => {});
}

/** Uses a client and gives it back. */
export async function useClient<Result>(
  client: PostgresClient,
  use: (onError: (error: unknown) => void) => Promise<Result>,
): Promise<Result> {
  let isBroken = false;
  const note = (error: unknown): void => {
    isBroken ||= !isFromSession(error);
  };
  client.on('error', note);
  try {
    return await use(note);
  } finally {
    client.removeListener('error', note);
    client.release(isBroken);
  }
}
