/** Of the system's timers: what is set for longer goes off at once. */
const longestTimeoutMs = 2 ** 31 - 1;

/** Aborts after so long. Unlike the system's own it takes a fraction and what is longer than timers run, and at once is the least; it never throws. */
export function timeoutSignal(ms: number): AbortSignal {
  return AbortSignal.timeout(Math.ceil(Math.min(ms > 0 ? ms : 0, longestTimeoutMs)));
}
