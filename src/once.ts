import { setTimeout } from 'node:timers/promises';
import { createSealer, openSeal } from './code.ts';
import { InvalidRequestError } from './errors.ts';
import type { VerifierEvent } from './events.ts';
import { hmac, keyFor, type Keyring } from './keyring.ts';
import { randomBytes } from './random.ts';
import { answerLost, inProgress, keyReused } from './refusals.ts';
import type { OnceOptions, OnceWork } from './requests.ts';
import type { OnceResult } from './results.ts';
import type { ClaimOutcome, ClaimRequest, Store } from './stores/store.ts';

/** What `once` works with. */
export interface OnceParts {
  store: Pick<Store, 'claim' | 'complete'>;
  keyring: Keyring;
  /** For how long nobody else does the same: longer than any work takes. */
  leaseMs: number;
  /** Resolves before the first verb of the store. */
  ready(): Promise<void>;
  tell(event: VerifierEvent): void;
  /** Keeps work that goes on after the answer. */
  afterAnswer(work: Promise<void>): void;
  /** Waits; unset: really. */
  wait?(ms: number, signal: AbortSignal): Promise<unknown>;
}

const keepMs = 86_400_000;
const maxKeyLength = 255;
const completesAgainMs = [100, 500, 2_000];
/** How one that comes while the first is at work waits for it, a second in all. */
const waitsMs = [20, 40, 80, 160, 300, 400];

/** The use-case `once`: claim the key, work, and write the answer down after it was given. */
export function createOnce(parts: OnceParts) {
  const { store, keyring, leaseMs, tell } = parts;
  const wait = parts.wait ?? ((ms, signal) => setTimeout(ms, undefined, { signal }));
  const hashKey = keyFor(keyring.subject, 'idempotency');
  const hashOf = (named: readonly string[]): string => hmac(hashKey, named).toString('base64url', 0, 16);
  /** Of each key that is asked for in this process: resolves when the one that came first has ended, and the store knows what came of it. */
  const underway = new Map<string, Promise<void>>();

  return async function once<Answer>(
    { tenant = 'default', route, key, request }: OnceOptions,
    work: OnceWork<Answer>,
  ): Promise<OnceResult<Answer>> {
    assertNames({ tenant, route });
    if (typeof key !== 'string' || key === '' || key.length > maxKeyLength) {
      throw new InvalidRequestError([{ pointer: '/key', detail: 'must be a string of 1 to 255 characters' }]);
    }
    const named = [tenant, route, key];
    const whole = [...named, canonicalJson(request)];
    const claim: ClaimRequest = {
      key: hashOf(['key', ...named]),
      fingerprint: hashOf(['request', ...whole]),
      token: randomBytes(16).toString('base64url'),
      leaseMs,
      keepMs,
    };
    // Not kept anywhere: whoever has store and secrets, but not the request, cannot open the answer, which holds a number.
    const sealedFor = hashOf(['answer', ...whole]);
    await parts.ready();
    const turn = takeTurn(claim.key);
    let completing: Promise<void> | undefined;
    try {
      const claimed = await claimPatiently(claim, turn, tenant);
      switch (claimed.outcome) {
        case 'reused':
          return keyReused;
        case 'running':
          return inProgress;
        case 'completed': {
          const answer = openSeal(keyring, sealedFor, 'answer', claimed.answer);
          return answer === null
            ? answerLost
            : { status: 'done', answer: JSON.parse(answer) as Answer, replayed: true };
        }
        case 'claimed': {
          // What throws came to nothing that could be told again: the key is free.
          let sealed: Uint8Array | null = null;
          try {
            const { answer, keep } = await work();
            if (keep) sealed = createSealer(keyring.current, sealedFor)('answer', jsonOf(answer));
            return { status: 'done', answer, replayed: false };
          } finally {
            completing = complete(claim, sealed, tenant);
          }
        }
      }
    } finally {
      if (completing) parts.afterAnswer(completing.finally(turn.end));
      else turn.end();
    }
  };

  /** Comes first of all of this process for a key, or after those that did. */
  function takeTurn(key: string): Turn {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    if (!underway.has(key)) underway.set(key, ended);
    return {
      before() {
        const current = underway.get(key);
        if (current === undefined) underway.set(key, ended);
        return current === ended ? undefined : current;
      },
      end() {
        if (underway.get(key) === ended) underway.delete(key);
        resolve();
      },
    };
  }

  /** Asks again for a while where another is at work; at once when that one is of this process and done. */
  async function claimPatiently(claim: ClaimRequest, turn: Turn, tenant: string): Promise<ClaimOutcome> {
    try {
      return await claimUntilFree(claim, turn);
    } catch (error) {
      // It may have been claimed all the same, and nobody is at work.
      parts.afterAnswer(complete(claim, null, tenant));
      throw error;
    }
  }

  async function claimUntilFree(claim: ClaimRequest, turn: Turn): Promise<ClaimOutcome> {
    let claimed = await store.claim(claim);
    for (const ms of waitsMs) {
      if (claimed.outcome !== 'running') break;
      const over = new AbortController();
      const before = turn.before();
      await Promise.race([wait(ms, over.signal), ...(before ? [before] : [])]);
      over.abort();
      claimed = await store.claim(claim);
    }
    return claimed;
  }

  /** Tries for some seconds: an answer that is not written down is worked out a second time once the lease has ended. */
  async function complete({ key, token }: ClaimRequest, answer: Uint8Array | null, tenant: string): Promise<void> {
    for (const ms of [...completesAgainMs, null]) {
      try {
        await store.complete({ key, token, answer });
        return;
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        if (ms === null) tell({ type: 'complete.failed', tenant, error });
        else await wait(ms, new AbortController().signal);
      }
    }
  }
}

function assertNames(names: Record<'tenant' | 'route', unknown>): void {
  for (const [name, value] of Object.entries(names)) {
    if (typeof value !== 'string' || value === '') {
      throw new InvalidRequestError([{ pointer: `/${name}`, detail: 'must be a string' }]);
    }
  }
}

/** One call's place among those of this process for the same key. */
interface Turn {
  /** Resolves when the one that is at it now has ended; undefined: it is this one. */
  before(): Promise<void> | undefined;
  end(): void;
}

/** What JSON does not hold is told as null when it is asked for again: the work was done. */
function jsonOf(answer: unknown): string {
  try {
    return JSON.stringify(answer) ?? 'null';
  } catch {
    return 'null';
  }
}

/** JSON whose objects have their fields in one order. Two different things that JSON does not hold would be the same: it refuses them. */
function canonicalJson(value: unknown): string {
  const sorted = (_name: string, one: unknown): unknown => {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return one;
    if (!isPlain(one)) throw new InvalidRequestError([{ pointer: '/request', detail: 'must be what JSON can hold' }]);
    return Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  };
  return JSON.stringify(value, sorted) ?? '';
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
