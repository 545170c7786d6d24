import { virtualClock } from '../../src/testing/clock.ts';
import type {
  Lease,
  Poll,
  Released,
  ReleaseReason,
  VirtualNumberProvider,
} from '../../src/virtual-numbers/virtual-number.ts';

export const waiting: Poll = { state: 'waiting', answer: 'no code was received yet' };

/** What was received, as text or as the provider's code alone. */
export const received = (...texts: (string | { code: string })[]): Poll => ({
  state: 'received',
  texts: texts.map((one) =>
    typeof one === 'string' ? { code: null, text: one, from: 'Acme' } : { code: one.code, text: null, from: null },
  ),
});

type Outcome<Value> = Value | Error | ((signal: AbortSignal) => Promise<Value>);

/** Time in which sleeping takes none: the clock is moved on by as much. */
export function steppingTime() {
  const { now, advance } = virtualClock();
  const sleptMs: number[] = [];
  return {
    now,
    advance,
    /** How long it slept, in order. */
    sleptMs,
    options: {
      clock: now,
      chance: () => 0.5,
      async wait(ms: number): Promise<void> {
        sleptMs.push(ms);
        advance(ms);
      },
    },
  };
}

/** A provider that answers one after the other, the last for ever. */
export function scriptedProvider(
  script: {
    acquire?: readonly Outcome<Lease>[];
    poll?: readonly Outcome<Poll>[];
    release?: readonly Outcome<Released>[];
  },
  pace: VirtualNumberProvider['pace'] = { pollMs: 1_000, acquiresPerMinute: 5 },
) {
  const polledAtMs: number[] = [];
  const acquiredAtMs: number[] = [];
  const releases: { reason: ReleaseReason; signal: AbortSignal; abortedThen: boolean }[] = [];
  let now = (): number => 0;

  async function next<Value>(outcomes: readonly Outcome<Value>[], index: number, signal: AbortSignal): Promise<Value> {
    const outcome = outcomes[Math.min(index, outcomes.length - 1)];
    if (outcome === undefined) throw new Error('nothing is scripted');
    if (outcome instanceof Error) throw outcome;
    return typeof outcome === 'function' ? (outcome as (signal: AbortSignal) => Promise<Value>)(signal) : outcome;
  }

  const provider: VirtualNumberProvider = {
    name: 'scripted',
    pace,
    async acquire(_wanted, { signal }) {
      acquiredAtMs.push(now());
      return next(script.acquire ?? [lease], acquiredAtMs.length - 1, signal);
    },
    async poll(_lease, { signal }) {
      polledAtMs.push(now());
      return next(script.poll ?? [waiting], polledAtMs.length - 1, signal);
    },
    async release(_lease, reason, { signal }) {
      releases.push({ reason, signal, abortedThen: signal.aborted });
      return next(script.release ?? ['released'], releases.length - 1, signal);
    },
  };
  return {
    provider,
    polledAtMs,
    acquiredAtMs,
    releases,
    /** Notes times by this clock. */
    timedBy(clock: () => number) {
      now = clock;
      return this;
    },
  };
}

export const lease: Lease = {
  provider: 'scripted',
  handle: 'handle-1',
  number: '+12025550143',
  acquiredAtMs: 0,
  expiresAtMs: null,
};

export const never = (): Promise<never> => new Promise<never>(() => {});
