/** Milliseconds since the Unix epoch. */
export type Clock = () => number;

/** How time passes, and chance. */
export interface Time {
  readonly clock: Clock;
  /** Resolves after so many milliseconds; rejects when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** From 0 up to, but not including, 1. */
  readonly chance: () => number;
}
