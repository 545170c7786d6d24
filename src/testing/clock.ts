import type { Clock } from '../stores/store.ts';

/** A clock that stands still until it is moved. */
export interface VirtualClock {
  /** What a store or a verifier is given as its clock. */
  readonly now: Clock;
  advance(ms: number): void;
  /** To any time, also an earlier one. */
  set(ms: number): void;
}

/** Makes a clock that stands at `startMs` (2030-01-01 when unset). */
export function virtualClock(startMs: number = Date.UTC(2030, 0, 1)): VirtualClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
    set(ms) {
      nowMs = ms;
    },
  };
}
