import { randomInt } from 'node:crypto';
import type { Deadline } from './deadline.ts';
import { isTransient } from './failure.ts';

/** Longest pause between two attempts. */
const maxPauseMs = 25;

/** What an attempt comes to that others were ahead of. Nothing was done. */
export const beaten = Symbol('beaten');

/** Attempts an act until it comes to something or its time is over. */
export async function tried<Result>(
  deadline: Deadline,
  attempt: () => Promise<Result | typeof beaten>,
): Promise<Result> {
  for (let tries = 1; deadline.leftMs() > 0; tries += 1) {
    const result = await attempt();
    if (result !== beaten) return result;
    await pause(tries);
  }
  throw deadline.error();
}

/** An error that stands for a lost race becomes `beaten`, any other is thrown. */
export function beatenIfTransient(error: unknown): typeof beaten {
  if (isTransient(error)) return beaten;
  throw error;
}

/** Lets others go first: longer each time, and drawn anew, so that processes do not fall into step. */
export async function pause(tries: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, randomInt(1, Math.min(3 * tries, maxPauseMs) + 1));
  await promise;
}
