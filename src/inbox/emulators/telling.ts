import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import { bulkhead } from 'cockatiel';
import type { MiddlewareHandler } from 'hono';
import type { RawRequest } from '../messages.ts';
import type { ReceiptPlan } from './emulator.ts';
import { rawRequest } from './raw-request.ts';

export interface TellingParts {
  fetch: typeof fetch;
  /** Resolves after so many milliseconds, earlier and with an error when the telling ends. */
  wait(ms: number): Promise<void>;
  /** Aborts what is under way. */
  signal: AbortSignal;
  /** Told why receipts were given up: sentences without numbers or addresses. */
  warn(sentence: string): void;
}

export interface Telling {
  /** `Carrier.tell`. */
  tell(plan: ReceiptPlan): void;
  /** The request of the call that this runs in, without credentials; null outside of any. */
  request(): RawRequest | null;
  /** To be put around the calls of vendors: so it is known what each is and when it is answered, and its answer is held back for early receipts. */
  aroundCall: MiddlewareHandler;
}

const maxPlans = 10_000;
const requestsAtOnce = 32;
const requestTimeoutMs = 15_000;
/** A call is answered then, whatever early receipts are still under way: who takes them may be waiting for the answer. */
const earlyTimeoutMs = 5_000;

interface Call {
  readonly answered: Promise<void>;
  readonly early: Promise<void>[];
  request(): RawRequest;
}

/** Tells what became of messages, in the background: at most so many at once, and of so many messages. */
export function createTelling({ fetch, wait, signal, warn }: TellingParts): Telling {
  const calls = new AsyncLocalStorage<Call>();
  const turns = bulkhead(requestsAtOnce, maxPlans);
  let plans = 0;

  async function follow(plan: ReceiptPlan, call: Call | undefined): Promise<void> {
    const { fault, statuses } = plan;
    if (fault?.kind !== 'early_receipts') await call?.answered;
    if (fault?.kind === 'late_receipts') await wait(fault.delayMs);
    for (const status of statuses) {
      await tellOne(plan, status);
      if (fault?.kind === 'duplicate') await tellOne(plan, status);
    }
  }

  async function tellOne({ accepts, make, retryAfterMs }: ReceiptPlan, status: string): Promise<void> {
    for (const waitMs of [0, ...retryAfterMs]) {
      if (waitMs > 0) await wait(waitMs);
      const request = await make(status);
      if (request === null) return;
      if (!/^https?:/.test(request.url)) {
        warn('A receipt was given up: it was to go to an address that is neither http nor https.');
        return;
      }
      const answer = await turns.execute(() => post(request));
      if (answer !== null && accepts(answer)) return;
    }
  }

  /** Resolves with the status of the answer; null: there was none. */
  async function post(request: Request): Promise<number | null> {
    try {
      const ends = AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]);
      const { body, status } = await fetch(request, { redirect: 'manual', signal: ends });
      await body?.cancel();
      return status;
    } catch {
      signal.throwIfAborted();
      return null;
    }
  }

  return {
    tell(plan) {
      if (signal.aborted || plan.fault?.kind === 'dropped') return;
      if (plans >= maxPlans) {
        warn(`A receipt was given up: ${maxPlans} are on their way already.`);
        return;
      }
      plans += 1;
      const call = calls.getStore();
      const told = follow(plan, call)
        .catch(() => {
          if (!signal.aborted) warn('A receipt was given up: it could not be made.');
        })
        .finally(() => {
          plans -= 1;
        });
      if (plan.fault?.kind === 'early_receipts') call?.early.push(told);
    },

    request: () => calls.getStore()?.request() ?? null,

    async aroundCall(c, next) {
      const answered = Promise.withResolvers<void>();
      const { outgoing } = (c.env ?? {}) as { outgoing?: ServerResponse };
      outgoing?.once('close', answered.resolve);
      const early: Promise<void>[] = [];
      const { raw } = c.req;
      const body = await c.req.arrayBuffer();
      let written: RawRequest | undefined;
      const request = (): RawRequest => (written ??= rawRequest(raw, new TextDecoder().decode(body)));
      await calls.run({ answered: answered.promise, early, request }, next);
      if (!outgoing) setImmediate(answered.resolve);
      if (early.length > 0) {
        await Promise.race([Promise.all(early), wait(earlyTimeoutMs).catch(() => undefined)]);
      }
    },
  };
}
