import { StoreError } from '../../errors.ts';
import type { PostgresClient, PostgresPool, PostgresTransaction, Run } from './client.ts';
import type { Deadline } from './deadline.ts';
import { isFromSession, storeError } from './failure.ts';

/** So much later than its act a statement is given up: who asked has been told by then. */
const afterwardsMs = 50;

/** The connections of the caller's pool, each for as long as a piece of work needs it. */
export interface Sessions {
  /** Runs `work` on a connection. One that something is wrong with is closed after it. */
  use<Result>(deadline: Deadline, work: (run: Run) => Promise<Result>): Promise<Result>;
  /** Resolves when none is in use. */
  idle(): Promise<void>;
}

/** Makes sessions of a pool. */
export function sessionsOf(pool: PostgresPool, schema: string): Sessions {
  const inUse = new Set<Promise<unknown>>();
  return {
    async use(deadline, work) {
      deadline.waitFor('connection');
      const client = await connect(pool, deadline, schema);
      const done = useClient(client, (onError) => work(runOn(client, deadline, schema, onError)));
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

/** Statements on one client, none of which is waited for beyond the deadline. */
export function runOn(
  client: PostgresTransaction,
  deadline: Deadline,
  schema: string,
  onError: (error: unknown) => void = () => {},
): Run {
  return async (text, values) => {
    const leftMs = deadline.leftMs();
    if (leftMs <= 0) throw deadline.error();
    deadline.waitFor('server');
    try {
      return (await client.query({ text, values, query_timeout: Math.ceil(leftMs) + afterwardsMs })).rows;
    } catch (error) {
      onError(error);
      throw storeError(error, schema);
    }
  };
}

/** A connection that comes too late goes back at once. */
async function connect(pool: PostgresPool, deadline: Deadline, schema: string): Promise<PostgresClient> {
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
async function useClient<Result>(
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
