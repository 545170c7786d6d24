import { beaten, beatenIfTransient, pause } from './attempts.ts';
import { askedLimits } from './broad-charges.ts';
import type { Run } from './client.ts';
import { togetherUntilLast, type Deadline } from './deadline.ts';
import { ActFailure, judge, type Act, type ReadNumber } from './judge.ts';
import { justWritten } from './just-written.ts';
import type { Numbers } from './numbers.ts';
import type { Sessions } from './sessions.ts';

/** At most so many acts share a write. */
const maxTogether = 256;
/** For how long after its begin a settle needs no read. */
const settledWithinMs = 60_000;

/** What came of an act, and the version of the row that it left; null: there is no row. */
export interface Done<Result> {
  result: Result;
  version: string | null;
}

/** Acts of this process, by number. Those on one number that come at once share one read and one write; those on different numbers do not wait for each other. */
export interface NumberQueues {
  /** Performs an act. Its result is known once it is written. */
  act<Result>(subject: string, act: Act<Result>, deadline: Deadline): Promise<Done<Result>>;
}

interface QueuedAct {
  readonly act: Act<unknown>;
  readonly deadline: Deadline;
  resolve(done: Done<unknown>): void;
  reject(error: unknown): void;
}

type Queue = Set<QueuedAct>;

/**
 * Makes the queues. What is asked is read for after it was asked, and answered when it is written, so that each act happens between its call and its
 * answer. What has run out of time before it is read for is left out: its caller knows.
 */
export function numberQueues(numbers: Numbers, sessions: Sessions): NumberQueues {
  const queues = new Map<string, Queue>();
  const begun = justWritten();

  async function workOff(subject: string, queue: Queue): Promise<void> {
    for (let tries = 1; queue.size > 0; tries += 1) {
      if ((await attempt(subject, queue)) === beaten) await pause(tries);
      else tries = 0;
      leaveOut(queue);
    }
    queues.delete(subject);
  }

  async function attempt(subject: string, queue: Queue): Promise<typeof beaten | undefined> {
    let together = [...queue];
    const deadline = togetherUntilLast(() => together);
    try {
      return await sessions.use(deadline, async (run) => {
        leaveOut(queue);
        together = [...queue].slice(0, maxTogether);
        if (together.length === 0) return undefined;
        return perform(run, subject, queue, together, deadline).catch(beatenIfTransient);
      });
    } catch (error) {
      for (const queued of together) {
        queue.delete(queued);
        queued.reject(error);
      }
      return undefined;
    }
  }

  async function perform(
    run: Run,
    subject: string,
    queue: Queue,
    together: readonly QueuedAct[],
    deadline: Deadline,
  ): Promise<typeof beaten | undefined> {
    const acts = together.map(({ act }) => act);
    const known = begun.take(subject);
    const isKnown = known !== undefined && acts.every(({ part }) => part === 'settle');
    const read = isKnown ? known : await numbers.read(run, subject, askedLimits(acts));
    const judged = judgeOrReject(read, queue, together, isKnown ? settledWithinMs : undefined);
    if (!judged) return undefined;
    let { version } = read;
    // What is known may be old, which only a write finds out, and has no time to go by.
    if (isKnown && (!judged.change || judged.results.includes(true))) return beaten;
    if (judged.change) {
      // Whose caller has been told that time is over meanwhile is not to be done after all.
      if (together.some(isOver)) return undefined;
      const written = await numbers.write(run, judged.change);
      if (written.outcome !== 'written') {
        deadline.waitFor(written.outcome === 'held' ? 'transaction' : 'turn');
        return beaten;
      }
      ({ version } = written);
      const { json, time } = judged.change;
      if (acts.some(({ part }) => part === 'begin')) begun.keep({ ...read, json, version, time, broad: new Map() });
    }
    for (const [index, queued] of together.entries()) {
      queue.delete(queued);
      queued.resolve({ result: judged.results[index], version });
    }
    return undefined;
  }

  return {
    act<Result>(subject: string, act: Act<Result>, deadline: Deadline) {
      return new Promise<Done<Result>>((resolve, reject) => {
        const queued: QueuedAct = { act, deadline, resolve: resolve as QueuedAct['resolve'], reject };
        const queue = queues.get(subject);
        if (queue) {
          queue.add(queued);
          return;
        }
        const fresh: Queue = new Set([queued]);
        queues.set(subject, fresh);
        void workOff(subject, fresh);
      });
    },
  };
}

function leaveOut(queue: Queue): void {
  for (const queued of queue) if (isOver(queued)) queue.delete(queued);
}

function isOver({ deadline }: QueuedAct): boolean {
  return deadline.leftMs() <= 0;
}

/** Null: one of the acts has thrown, was told so and left the queue; the others are to be judged anew, without what it had begun. */
function judgeOrReject(read: ReadNumber, queue: Queue, together: readonly QueuedAct[], goodForMs: number | undefined) {
  try {
    return judge(
      read,
      together.map(({ act }) => act),
      goodForMs,
    );
  } catch (error) {
    if (!(error instanceof ActFailure)) throw error;
    const culprit = together[error.index];
    if (culprit) queue.delete(culprit);
    culprit?.reject(error.cause);
    return null;
  }
}
