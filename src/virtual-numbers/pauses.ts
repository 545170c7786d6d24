import { randomInt } from 'node:crypto';
import { promisify } from 'node:util';
import type { VirtualNumberError } from '../errors.ts';
import { unlessAborted } from './unless-aborted.ts';

/** How time passes between two calls of a provider. */
export interface PauseOptions {
  /** Milliseconds since the Unix epoch. */
  readonly clock?: (() => number) | undefined;
  /** Resolves after so many milliseconds, or rejects when the signal aborts; the system's when unset. */
  readonly wait?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** From 0 up to, but not including, 1; of `node:crypto` when unset. */
  readonly chance?: (() => number) | undefined;
}

export interface Pauses {
  now(): number;
  /** Rejects with the signal's own reason as soon as that aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** The length in the list, whose last holds for all that follow, give or take a fifth. */
  spread(lengthsMs: readonly number[], index: number): number;
}

const share = 0.2;
const rateLimitedMs = 10_000;
const passed = promisify(setTimeout);
const systemClock: () => number = Date.now;

export function pausesOf({
  clock = systemClock,
  wait = (ms, signal) => passed(ms, undefined, { signal }),
  chance = () => randomInt(2 ** 32) / 2 ** 32,
}: PauseOptions): Pauses {
  return {
    now: clock,
    async pause(ms, signal) {
      signal.throwIfAborted();
      if (ms > 0) await unlessAborted(signal, async () => wait(ms, signal));
    },
    spread: (lengthsMs, index) =>
      Math.round((lengthsMs[Math.min(index, lengthsMs.length - 1)] ?? 0) * (1 - share + 2 * share * chance())),
  };
}

/** For how long a provider wants to be left alone that was asked too often, or is out of order. */
export function pauseAskedFor({ kind, retryAfterSeconds }: VirtualNumberError): number {
  if (retryAfterSeconds !== undefined) return retryAfterSeconds * 1_000;
  return kind === 'rate_limited' ? rateLimitedMs : 0;
}
