import { VirtualNumberError } from '../errors.ts';
import { takeTurn } from './acquire-pace.ts';
import { pauseAskedFor, pausesOf, type PauseOptions } from './pauses.ts';
import { timeoutSignal } from './timeout-signal.ts';
import { unlessAborted } from './unless-aborted.ts';
import type { Lease, Released, ReleaseReason, VirtualNumberProvider, WantedNumber } from './virtual-number.ts';

/** How a number was given back. */
export interface ReleaseEvent {
  readonly reason: ReleaseReason;
  /** `failed`: the provider was asked and did not do it; `error` says why. The lease ends by itself. */
  readonly released: Released | 'failed';
  readonly error?: unknown;
}

export interface WithNumberOptions extends PauseOptions {
  /** For how long numbers are asked for again where none is free or the provider is unavailable, from the first try on; 60,000 when unset. */
  readonly acquireTimeoutMs?: number | undefined;
  /** How long giving the number back may take; 10,000 when unset. */
  readonly releaseTimeoutMs?: number | undefined;
  /** Ends all of it, with its reason. A number that is lent already, or just then, is released first. */
  readonly signal?: AbortSignal | undefined;
  /** Told once a number was given back, or could not be. */
  readonly onRelease?: ((event: ReleaseEvent) => void) | undefined;
}

const usualAcquireTimeoutMs = 60_000;
const sleepsMs = [3_000, 5_000, 8_000];
/** How long an acquire that is under way when the signal aborts may go on, so that its number is known and can be given back. */
const lastAcquireMs = 3_000;
const usualReleaseTimeoutMs = 10_000;

/**
 * Acquires a number, lends it to `use` and resolves with what that comes to. Releases the number whatever happens: as `used` when `use` resolves, as `unused` when it
 * rejects or the signal aborts. A release that fails is told to `onRelease` and hides neither the result nor the first error. Numbers are acquired no faster than the provider's pace allows,
 * which all calls with one provider share; no free number, too many calls and an unavailable provider are tried again for a while, and then what it said last is thrown.
 */
export async function withNumber<Result>(
  provider: VirtualNumberProvider,
  wanted: WantedNumber,
  use: (lease: Lease) => Promise<Result>,
  options: WithNumberOptions = {},
): Promise<Result> {
  const { signal = new AbortController().signal, onRelease, releaseTimeoutMs = usualReleaseTimeoutMs } = options;
  const lease = await acquire(provider, wanted, signal, options);
  let reason: ReleaseReason = 'unused';
  try {
    const result = await unlessAborted(signal, () => use(lease));
    reason = 'used';
    return result;
  } finally {
    const event = await release(provider, lease, reason, timeoutSignal(releaseTimeoutMs));
    onRelease?.(event);
  }
}

async function acquire(
  provider: VirtualNumberProvider,
  wanted: WantedNumber,
  signal: AbortSignal,
  { acquireTimeoutMs = usualAcquireTimeoutMs, ...time }: WithNumberOptions,
): Promise<Lease> {
  const { now, pause, spread } = pausesOf(time);
  let endsAtMs = Number.POSITIVE_INFINITY;
  let last: VirtualNumberError | null = null;
  for (let tries = 0; ; tries++) {
    const turn = takeTurn(provider, now());
    try {
      if (last && turn.atMs > endsAtMs) throw last;
      await pause(turn.atMs - now(), signal);
    } catch (error) {
      turn.giveBack();
      throw error;
    }
    endsAtMs = Math.min(endsAtMs, now() + acquireTimeoutMs);
    const came = await acquireOnce(provider, wanted, signal);
    if (!(came instanceof VirtualNumberError)) return came;
    last = came;
    const pauseMs = Math.max(spread(sleepsMs, tries), pauseAskedFor(came));
    if (now() + pauseMs > endsAtMs) throw came;
    await pause(pauseMs, signal);
  }
}

/** A lease, or an error that the provider may get over. */
async function acquireOnce(
  provider: VirtualNumberProvider,
  wanted: WantedNumber,
  signal: AbortSignal,
): Promise<Lease | VirtualNumberError> {
  const ends = new AbortController();
  let cutOff: NodeJS.Timeout | undefined;
  const abort = (): void => {
    cutOff = setTimeout(() => ends.abort(signal.reason), lastAcquireMs);
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await provider.acquire(wanted, { signal: ends.signal });
  } catch (error) {
    signal.throwIfAborted();
    const mayPass =
      error instanceof VirtualNumberError && ['no_numbers', 'rate_limited', 'unavailable'].includes(error.kind);
    if (mayPass) return error;
    throw error;
  } finally {
    clearTimeout(cutOff);
    signal.removeEventListener('abort', abort);
  }
}

/** Never rejects. Goes on although the caller's signal has aborted: that is when it matters. */
async function release(
  provider: VirtualNumberProvider,
  lease: Lease,
  reason: ReleaseReason,
  ends: AbortSignal,
): Promise<ReleaseEvent> {
  try {
    return {
      reason,
      released: await unlessAborted(ends, () => provider.release(lease, reason, { signal: ends })),
    };
  } catch (error) {
    return { reason, released: 'failed', error };
  }
}
