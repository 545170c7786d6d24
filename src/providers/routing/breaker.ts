import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhenResult, type IBackoff } from 'cockatiel';
import type { ProviderError, ProviderErrorKind } from '../../errors.ts';

/** When a provider that fails is left alone. */
export interface BreakerOptions {
  /** After so many failures in a row; 5 when unset. */
  readonly failures?: number;
  /** For so long, until one send tries it again; 30 when unset. */
  readonly openSeconds?: number;
}

/** `closed`: every send may ask the provider. `open`: none may. `half_open`: one send tries it, and decides for the others. */
export type BreakerState = 'closed' | 'open' | 'half_open';

/** Keeps sends from a provider that fails while there is another, and from one that has asked for a pause. */
export interface Breaker {
  state(): BreakerState;
  /** Milliseconds until the provider may be asked; 0: now. */
  waitMs(): number;
  /** Asks, and counts what came of it. To be called in the same turn in which `waitMs()` was 0. */
  run<Outcome extends { error: ProviderError | null }>(ask: () => Promise<Outcome>): Promise<Outcome>;
  /** Whether an open one may be asked nevertheless, by a send that has nobody else left: not while the provider has asked for a pause, nor by more than a few at a time. */
  mayBeAskedAtLast(): boolean;
  /** Asks all the same. To be called in the same turn in which `mayBeAskedAtLast()` was true. */
  runAtLast<Outcome extends { error: ProviderError | null }>(ask: () => Promise<Outcome>): Promise<Outcome>;
}

/** These say something about the number, its country or the text: the provider works. */
const notItsFault: ReadonlySet<ProviderErrorKind> = new Set<ProviderErrorKind>([
  'invalid_number',
  'not_sms_capable',
  'opted_out',
  'blocked_destination',
  'filtered',
  'config',
]);

/** A pause that a provider asks for is asked for again, if it is longer. */
const longestPauseMs = 900_000;
/** So many sends at a time may ask an open one: enough to find out that it works again, too few to pile up where it hangs. */
const mostAtLast = 100;
/** What others are told to wait while one send tries: most answers come sooner. */
const trialMs = 1_000;

/** Makes a breaker that is closed. `now`: milliseconds of a clock that never goes back. */
export function createBreaker({ failures = 5, openSeconds = 30 }: BreakerOptions, now: () => number): Breaker {
  let openUntilMs = 0;
  let pausedUntilMs = 0;
  let askedAtLast = 0;
  // The policy compares with the wall clock, which can be set: it is told only whether the time has come.
  const untilTried: IBackoff<unknown> = {
    get duration() {
      return now() < openUntilMs ? Infinity : -Infinity;
    },
    next() {
      openUntilMs = now() + openSeconds * 1_000;
      return untilTried;
    },
  };
  const failed = handleWhenResult((outcome) => {
    const { error } = outcome as { error: ProviderError | null };
    return error !== null && !notItsFault.has(error.kind);
  });
  const policy = circuitBreaker(failed, { halfOpenAfter: untilTried, breaker: new ConsecutiveBreaker(failures) });

  function waitMs(): number {
    const openMs = policy.state === CircuitState.Open ? openUntilMs - now() : 0;
    // The policy would have the others wait for what the one that tries finds.
    const othersMs = policy.state === CircuitState.HalfOpen ? trialMs : 0;
    return Math.max(0, pausedUntilMs - now(), openMs, othersMs);
  }

  return {
    waitMs,
    state() {
      if (policy.state === CircuitState.HalfOpen) return 'half_open';
      if (waitMs() > 0) return 'open';
      return policy.state === CircuitState.Closed ? 'closed' : 'half_open';
    },
    async run(ask) {
      return heeded(await policy.execute(ask));
    },
    mayBeAskedAtLast: () => pausedUntilMs <= now() && askedAtLast < mostAtLast,
    async runAtLast(ask) {
      askedAtLast += 1;
      try {
        return heeded(await ask());
      } finally {
        askedAtLast -= 1;
      }
    },
  };

  /** Notes a pause that the provider asks for. */
  function heeded<Outcome extends { error: ProviderError | null }>(outcome: Outcome): Outcome {
    const pauseMs = outcome.error?.kind === 'rate_limited' ? (outcome.error.retryAfterSeconds ?? 0) * 1_000 : 0;
    if (pauseMs > 0) pausedUntilMs = Math.max(pausedUntilMs, now() + Math.min(pauseMs, longestPauseMs));
    return outcome;
  }
}
