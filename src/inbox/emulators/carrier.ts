import { setTimeout } from 'node:timers/promises';
import type { MiddlewareHandler } from 'hono';
import type { Inbox } from '../messages.ts';
import { followArrivals } from './arrivals.ts';
import { createCarrying, type Carrying } from './carrying.ts';
import type { Carrier } from './emulator.ts';
import { createFaultScript, type FaultScript } from './faults.ts';
import { createTelling } from './telling.ts';

export interface CarrierOptions {
  /** Where texts arrive. */
  inbox: Inbox;
  /** Milliseconds since the Unix epoch. */
  clock?: () => number;
  /** Numbers from 0 to below 1, for faults that are scripted with a probability. */
  chance?: () => number;
  /** Takes receipts to their addresses. */
  fetch?: typeof fetch;
  /** Resolves after so many milliseconds; rejects when the signal aborts. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Ends what goes on in the background. */
  signal?: AbortSignal;
  /** Told why receipts and texts were given up: sentences that hold no number, text or address. */
  warn?: (sentence: string) => void;
}

/** A carrier whose faults are scripted, and at which people act by hand. */
export interface ScriptedCarrier extends Carrier, Pick<Carrying, 'held' | 'byHand'> {
  readonly faults: FaultScript;
  /** Goes around the calls that emulators answer: `mountEmulators` puts it there. */
  readonly aroundCall: MiddlewareHandler;
}

/** A timer set for longer goes off at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Makes the carrier behind the emulators: it delivers to an inbox. A tool for development: it sends receipts to whatever http or https address a message names, so only what may
 * reach those addresses anyway should be let near it.
 */
export function createCarrier({
  inbox,
  clock = Date.now,
  chance,
  fetch = globalThis.fetch,
  wait = waitUnlessOver,
  signal = new AbortController().signal,
  warn = () => undefined,
}: CarrierOptions): ScriptedCarrier {
  const faults = createFaultScript(chance);
  const telling = createTelling({ fetch, wait: (ms) => wait(ms, signal), signal, warn });
  const arrivals = followArrivals(inbox, signal);
  const { tell, aroundCall, request } = telling;
  return {
    ...createCarrying({ inbox, now: clock, arrivals, tell, request, wait, signal, warn }),
    tell,
    aroundCall,
    faults,
    now: clock,
    inbox,
    onArrival: (listen) => void arrivals.listen(listen),
    async faultFor(vendor, to, options) {
      const { delayMs, fault } = faults.take(vendor, to, options);
      // At the end calls are answered without waiting any longer.
      if (delayMs > 0) await wait(delayMs, signal).catch(() => undefined);
      return fault;
    },
  };
}

async function waitUnlessOver(ms: number, signal: AbortSignal): Promise<void> {
  // Receipts that are still to come keep no process from ending.
  await setTimeout(Math.min(ms, longestTimerMs), undefined, { ref: false, signal });
}
