import { maskPhoneNumber } from '../phone-number.ts';
import type { Lease, Released, VirtualNumberProvider, WantedNumber } from '../virtual-numbers/virtual-number.ts';
import { waitForCode } from '../virtual-numbers/wait-for-code.ts';
import { withNumber, type ReleaseEvent } from '../virtual-numbers/with-number.ts';
import type { CostGuard } from './cost-guard.ts';
import { endOf, RefusedError } from './end-of.ts';
import type { EndToEndEvent, EndToEndReport, Step } from './report.ts';
import { createStepTimer } from './step-timer.ts';
import type { Time } from './time.ts';
import type { Verifying } from './verifying.ts';

export interface EndToEndOptions extends Time {
  readonly numbers: VirtualNumberProvider;
  readonly verifying: Verifying;
  readonly wanted: WantedNumber;
  /** Bounds what is rented. Shared by runs. */
  readonly guard: CostGuard;
  /** How long the text may take; 180,000 when unset. */
  readonly timeoutMs?: number | undefined;
  /** How long to wait before each look for the text, as `waitForCode` takes it. */
  readonly sleepsMs?: readonly number[] | undefined;
  /** For how long a number is asked for again where none is free; 60,000 when unset. */
  readonly acquireTimeoutMs?: number | undefined;
  /** Ends the run; its number is released first. */
  readonly signal?: AbortSignal | undefined;
  readonly on?: ((event: EndToEndEvent) => void) | undefined;
  /** Tells the whole number, and in events the code, in place of masked ones. */
  readonly show?: boolean | undefined;
}

/**
 * Walks the whole way once, as a person does: rents a number, starts a verification to it, waits for the code, checks it, and releases the number, whatever happened. Resolves
 * with what it came to; rejects with faults of the program alone.
 */
export async function runEndToEnd({
  numbers,
  verifying,
  wanted,
  guard,
  signal = new AbortController().signal,
  clock,
  on = () => {},
  show = false,
  ...pace
}: EndToEndOptions): Promise<EndToEndReport> {
  const beganAtMs = clock();
  const timer = createStepTimer(clock, on);
  const shown = (number: string): string => (show ? number : maskPhoneNumber(number));
  let to: string | null = null;
  let polls = 0;
  let released: EndToEndReport['released'] = null;
  let failedAt: Step | null = null;

  function fail(): void {
    failedAt ??= timer.failed();
  }

  async function walk(lease: Lease): Promise<void> {
    to = shown(lease.number);
    timer.done({ to });
    timer.begin('start');
    const started = await verifying.start(lease.number, { signal });
    // What ends although it was told to end is nobody's any more: the number is on its way back.
    signal.throwIfAborted();
    if (started.status !== 'pending') throw new RefusedError(started, 'start_refused');
    timer.done();
    timer.begin('delivery');
    const { code } = await waitForCode(numbers, lease, { ...pace, clock, signal, onPoll: tellPoll });
    signal.throwIfAborted();
    timer.done({ code: show ? code : '•'.repeat(code.length) });
    timer.begin('check');
    const checked = await verifying.check(started.id, code, { signal });
    signal.throwIfAborted();
    if (checked.status !== 'approved') throw new RefusedError(checked, 'check_refused');
    timer.done();
  }

  function tellPoll(poll: { polls: number; waitedMs: number }): void {
    polls = poll.polls;
    on({ type: 'polled', polls, waitedMs: poll.waitedMs });
  }

  const rented = guard.around(numbers);
  const telling: VirtualNumberProvider = {
    ...rented,
    async release(lease, reason, call) {
      let came: Released;
      try {
        fail();
        to ??= shown(lease.number);
        timer.begin('release');
      } finally {
        // Whoever watches may throw: the number is given back all the same.
        came = await rented.release(lease, reason, call);
      }
      return came;
    },
  };

  function onRelease({ released: what }: ReleaseEvent): void {
    released = what;
    if (what === 'failed') timer.failed();
    else timer.done({ released: what });
  }

  async function reachAndWalk(): Promise<void> {
    signal.throwIfAborted();
    timer.begin('reach');
    const ready = await verifying.ready({ signal });
    signal.throwIfAborted();
    if (ready.status !== 'ready') throw new RefusedError(ready, 'unreachable');
    timer.done();
    timer.begin('acquire');
    await withNumber(telling, wanted, walk, { ...pace, clock, signal, onRelease });
  }

  let end: Pick<EndToEndReport, 'outcome' | 'reason' | 'detail'> = { outcome: 'approved', reason: null, detail: null };
  try {
    await reachAndWalk();
  } catch (error) {
    fail();
    end = signal.aborted ? { outcome: 'aborted', reason: null, detail: null } : endOf(error, failedAt);
  }
  return {
    ...end,
    step: failedAt,
    provider: numbers.name,
    country: wanted.country,
    to,
    timings: {
      acquireMs: timer.took('acquire'),
      startMs: timer.took('start'),
      deliveryMs: timer.took('delivery'),
      checkMs: timer.took('check'),
      totalMs: clock() - beganAtMs,
    },
    polls,
    released,
  };
}
