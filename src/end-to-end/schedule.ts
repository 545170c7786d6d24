import type { Time } from './time.ts';

export interface ScheduleOptions extends Time {
  readonly everyMs: number;
  /** How much earlier or later it may begin, as a share of `everyMs`; a tenth when unset. */
  readonly jitter?: number;
  /** Ends it, when what runs has ended. */
  readonly signal: AbortSignal;
}

/**
 * Does something now, and again at intervals that vary a little, until the signal aborts. Never two at once: what takes longer than the interval delays the next, and none is
 * made up for. Rejects when `act` does.
 */
export async function onSchedule(
  act: () => Promise<void>,
  { everyMs, jitter = 0.1, clock, wait, chance, signal }: ScheduleOptions,
): Promise<void> {
  while (!signal.aborted) {
    const beganAtMs = clock();
    await act();
    const nextAtMs = beganAtMs + everyMs * (1 - jitter + 2 * jitter * chance());
    try {
      await wait(Math.max(0, nextAtMs - clock()), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
