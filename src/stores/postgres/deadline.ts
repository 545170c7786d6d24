import { StoreError } from '../../errors.ts';

/** How long an act may take, from the call to the answer. */
const actMs = 2_000;
/** What is waited for that long is what an act failed of, and not what made it try again. */
const stuckMs = 500;

/** What an act can wait for, and what to say when it has waited for too long. */
const waits = {
  connection:
    'no connection of the pool came free. Give the pool more of them, or the store a pool of its own: a check within a transaction needs a second one.',
  server: 'the server did not answer. Look at its load and at the network.',
  transaction:
    'a transaction that has not ended holds the number. A transaction can check a number once; keep it short, and end it in every case.',
  turn: 'others kept writing to the same row.',
};

/** The time that an act has. */
export interface Deadline {
  /** 0 or less: it is over. */
  leftMs(): number;
  /** What is waited for from now on: said when the time is over. */
  waitFor(what: keyof typeof waits): void;
  /** What an act rejects with whose time is over. */
  error(): StoreError;
}

/**
 * Runs an act until its time is over, and then rejects with a `StoreError`, whatever the act still does: it sees to it itself that it comes to an end, and
 * answers nobody any more.
 */
export async function inTime<Result>(act: (deadline: Deadline) => Promise<Result>): Promise<Result> {
  const deadline = startDeadline();
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(deadline.error()), actMs);
  });
  try {
    return await Promise.race([act(deadline), over]);
  } finally {
    clearTimeout(timer);
  }
}

/** Starts now. */
export function startDeadline(givenMs = actMs): Deadline {
  const startedAtMs = performance.now();
  let waiting: { for: keyof typeof waits; sinceMs: number } = { for: 'connection', sinceMs: startedAtMs };
  /** What it has lost against before it tried again. */
  let lostTo: keyof typeof waits | undefined;
  return {
    leftMs: () => givenMs - (performance.now() - startedAtMs),
    waitFor(what) {
      if (what === 'transaction' || what === 'turn') lostTo = what;
      waiting = { for: what, sinceMs: performance.now() };
    },
    error() {
      const isStuck = performance.now() - waiting.sinceMs > stuckMs;
      const why = waits[(isStuck ? undefined : lostTo) ?? waiting.for];
      return new StoreError(`The PostgreSQL store gave up after ${givenMs / 1_000} s: ${why}`);
    },
  };
}

/** The time that several acts have together: that of the last of them. `acts` may change meanwhile. */
export function togetherUntilLast(acts: () => Iterable<{ readonly deadline: Deadline }>): Deadline {
  const deadlines = (): Deadline[] => Array.from(acts(), ({ deadline }) => deadline);
  return {
    leftMs: () => Math.max(0, ...deadlines().map((deadline) => deadline.leftMs())),
    waitFor(what) {
      for (const deadline of deadlines()) deadline.waitFor(what);
    },
    error: () => deadlines()[0]?.error() ?? startDeadline().error(),
  };
}
