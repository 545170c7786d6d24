import { randomInt } from 'node:crypto';
import { StoreError } from '../../errors.ts';
import type { CommandArgument, RedisClient } from './client.ts';
import { CallFailure, failureOf, isElsewhere, isUnknownScript, storeErrorOf } from './failures.ts';
import type { Script } from './scripts.ts';

/** How long an act may take, whatever the client's own settings are. */
const deadlineMs = 2_000;
const silence = `no answer within ${deadlineMs} ms: look at the server, the network to it, and the client's connection`;
/** Between two tries. Drawn anew each time, so that many callers do not fall into step. */
const pauseMs = { min: 10, max: 60 };

/** How many replicas must have an act before it is answered, and how long they may take. */
export interface StrictOptions {
  readonly replicas: number;
  readonly timeoutMs: number;
}

/** Runs a script. Rejects with a `CallFailure`. */
export type Call = (script: Script, keys: readonly string[], args: readonly CommandArgument[]) => Promise<unknown>;

/** Everything that goes on between the store and its servers. */
export interface Acts {
  /**
   * Runs an act, which may call several scripts. Rejects with a `StoreError` 2 s after it began at the latest; an answer that comes later is
   * forgotten. A call that a server refuses for a reason that passes is tried again until then.
   */
  run<Result>(act: (call: Call) => Promise<Result>): Promise<Result>;
  /** The same for an act that writes: in strict mode the replicas have what each of its calls did when that resolves. */
  write<Result>(act: (call: Call) => Promise<Result>): Promise<Result>;
  /** Resolves when everything that was asked before is done. What is asked later is rejected. */
  close(): Promise<void>;
}

type Send = (command: string, args: CommandArgument[]) => Promise<unknown>;

export function createActs(client: RedisClient, strict: StrictOptions | undefined): Acts {
  const underWay = new Set<Promise<unknown>>();
  let closed = false;

  const plain: Send = async (command, args) => client.callBuffer(command, args);
  const writing = strict ? acknowledged(client, plain, strict) : plain;

  function start<Result>(act: (call: Call) => Promise<Result>, send: Send): Promise<Result> {
    if (closed) return Promise.reject(new StoreError('The Redis store is closed.'));
    const result = withinDeadline((deadline) => act((...script) => persist(send, script, deadline)));
    underWay.add(result);
    const forget = (): void => void underWay.delete(result);
    result.then(forget, forget);
    return result;
  }

  return {
    run: (act) => start(act, plain),
    write: (act) => start(act, writing),
    async close() {
      closed = true;
      await Promise.allSettled(underWay);
    },
  };
}

/** Sends a command and, behind it on the same connection, asks for how many replicas have what it wrote. */
function acknowledged(client: RedisClient, plain: Send, { replicas, timeoutMs }: StrictOptions): Send {
  return async (command, args) => {
    const pipeline = client.pipeline();
    pipeline.callBuffer(command, args);
    pipeline.callBuffer('wait', [String(replicas), String(timeoutMs)]);
    const [done, waited] = (await pipeline.exec()) ?? [];
    if (!done || !waited) throw new Error('Connection is closed.');
    if (isElsewhere(done[0])) {
      // A client follows only what is sent alone, and then knows where the keys are. Done twice is done once: see record-format.lua.
      await plain(command, args);
      throw new CallFailure('The keys have moved.', { surelyNotDone: false, passes: true });
    }
    for (const [error] of [done, waited]) if (error) throw error;
    if (Number(waited[1]) < replicas) {
      const message = `${Number(waited[1])} of ${replicas} replicas had the act after ${timeoutMs} ms: look at the replicas`;
      throw new CallFailure(message, { surelyNotDone: false, passes: false });
    }
    return done[1];
  };
}

/** Calls a script until it is done, fails for good, or nobody waits for it any more. */
async function persist(send: Send, [script, keys, args]: Parameters<Call>, deadline: Deadline): Promise<unknown> {
  const sent = [String(keys.length), ...keys, ...args];
  for (;;) {
    try {
      return await evaluate(send, script, sent);
    } catch (error) {
      const failure = failureOf(error);
      deadline.latest = failure;
      if (!failure.passes || deadline.hasPassed) throw failure;
      await new Promise((resume) => setTimeout(resume, randomInt(pauseMs.min, pauseMs.max)));
      if (deadline.hasPassed) throw failure;
    }
  }
}

/** By its SHA-1; to a server that has not seen it yet, or has forgotten it, in full. */
async function evaluate(send: Send, { sha, text }: Script, args: readonly CommandArgument[]): Promise<unknown> {
  try {
    return await send('evalsha', [sha, ...args]);
  } catch (error) {
    if (!isUnknownScript(error)) throw error;
    return send('eval', [text, ...args]);
  }
}

interface Deadline {
  hasPassed: boolean;
  /** What has stood in the way until now; null: silence. */
  latest: CallFailure | null;
}

function withinDeadline<Result>(act: (deadline: Deadline) => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const deadline: Deadline = { hasPassed: false, latest: null };
    const timer = setTimeout(() => {
      deadline.hasPassed = true;
      reject(storeErrorOf(deadline.latest ?? new CallFailure(silence, { surelyNotDone: false, passes: false })));
    }, deadlineMs);
    act(deadline).then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(storeErrorOf(error));
      },
    );
  });
}
