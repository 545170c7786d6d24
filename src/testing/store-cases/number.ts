import { createHash, randomUUID } from 'node:crypto';
import type {
  BeginRequest,
  BeginOutcome,
  BroadLimit,
  CheckRequest,
  CheckOutcome,
  CodeSecret,
  EndOutcome,
  NumberLimits,
  SettledHandOver,
  SettleRequest,
  Store,
  StoredVerification,
  Target,
} from '../../stores/store.ts';
import { expectOutcome } from './case.ts';

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

const tagBytes = 6;

/** The numbers of a service as it comes. */
export const usualLimits: NumberLimits = {
  sends: [
    { name: 'sends', max: 3, windowMs: 10 * minuteMs },
    { name: 'sends_daily', max: 10, windowMs: dayMs },
  ],
  attempts: { max: 13, windowMs: 10 * minuteMs },
  gapMs: 0,
  lifetimeMs: 5 * minuteMs,
  maxLifetimeMs: 10 * minuteMs,
  repeatMs: 5 * minuteMs,
  maxChecks: 5,
  wrongChecks: { max: 10, windowMs: dayMs },
  lock: { after: 100, forMs: 365 * dayMs },
  ended: { max: 4, keepMs: dayMs },
  verifiedMs: 30 * dayMs,
};

/** The usual limits without any that refuses sends. */
export const manySends: NumberLimits = {
  ...usualLimits,
  sends: [{ name: 'sends', max: 1_000, windowMs: dayMs }],
  attempts: { max: 1_000, windowMs: dayMs },
};

/** 128 bits that stand for a name, as subjects and nonces are written. */
export function idOf(name: string): string {
  return createHash('sha256').update(name).digest().subarray(0, 16).toString('base64url');
}

/** Stands in for the HMAC of a code. */
function digestOf(code: string, keyId: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`${keyId} ${code}`).digest());
}

/** 48 bits that stand for a purpose. */
function tagOf(purpose: string): string {
  return createHash('sha256').update(purpose).digest().subarray(0, tagBytes).toString('base64url');
}

/** 128 bits that no two names share. Their end is the tag of the purpose, so that a case need not say whose id it is. */
export function nonceOf(name: string, purpose = 'default'): string {
  const unique = Buffer.from(idOf(name), 'base64url').subarray(0, -tagBytes);
  return Buffer.concat([unique, Buffer.from(tagOf(purpose), 'base64url')]).toString('base64url');
}

function tagIn(nonce: string): string {
  return Buffer.from(nonce, 'base64url').subarray(-tagBytes).toString('base64url');
}

/** What a caller would keep of a code. */
export function secretOf(code: string, keyId = 'key-1'): CodeSecret {
  const seal = new Uint8Array(createHash('sha512').update(`seal ${keyId} ${code}`).digest());
  return { keyId, digest: digestOf(code, keyId), seal, codeLength: code.length };
}

/** `{ nonce }`, `{ purpose }`, or nothing for the purpose `default`. */
export type Which = { nonce: string } | { purpose: string };

/** What a begin says, where it is not as usual. */
export interface BeginDetails {
  code?: string;
  purpose?: string;
  channel?: string;
  nonce?: string;
  keyId?: string;
  repeatKeyIds?: readonly string[];
  number?: Uint8Array;
  broadLimits?: readonly BroadLimit[];
}

/** What is known of the hand-overs of a send: a status for each provider, the first first. */
export type HandOvers = Readonly<Record<string, SettledHandOver['status']>>;

/** Requests about one number, with all that a case does not care about filled in. */
export interface NumberRequests {
  readonly subject: string;
  begin(details?: BeginDetails): BeginRequest;
  /** Digests the code under `keyIds`, `key-1` when unset. */
  check(code: string, which?: Which, keyIds?: readonly string[]): CheckRequest;
  /** One hand-over, to `carrier` when unset. */
  settle(nonce: string, delivery: number, status: SettledHandOver['status'], provider?: string): SettleRequest;
  settleAll(nonce: string, delivery: number, handOvers: HandOvers): SettleRequest;
  target(which?: Which): Target;
}

/** Makes requests about the number called `name`. */
export function requestsOf(name: string, limits: NumberLimits): NumberRequests {
  const subject = idOf(name);
  const target = (which: Which = { purpose: 'default' }): Target =>
    'nonce' in which
      ? { subject, limits, purposeTag: tagIn(which.nonce), nonce: which.nonce }
      : { subject, limits, purposeTag: tagOf(which.purpose) };
  const settleAll = (nonce: string, delivery: number, handOvers: HandOvers): SettleRequest => ({
    subject,
    purposeTag: tagIn(nonce),
    nonce,
    delivery,
    handOvers: Object.entries(handOvers).map(([provider, status]) => ({ provider, status })),
  });
  return {
    subject,
    target,
    begin: ({ code = '111111', keyId = 'key-1', purpose = 'default', ...details } = {}) => ({
      subject,
      limits,
      broadLimits: [],
      purpose,
      purposeTag: tagOf(purpose),
      channel: 'sms',
      nonce: nonceOf(randomUUID(), purpose),
      secret: secretOf(code, keyId),
      repeatKeyIds: ['key-1'],
      number: new TextEncoder().encode(`sealed ${name}`),
      ...details,
    }),
    check: (code, which, keyIds = ['key-1']) => ({
      ...target(which),
      codeLength: code.length,
      digests: keyIds.map((keyId) => ({ keyId, digest: digestOf(code, keyId) })),
    }),
    settle: (nonce, delivery, status, provider = 'carrier') => settleAll(nonce, delivery, { [provider]: status }),
    settleAll,
  };
}

/** The verbs of a store on one number. */
export interface NumberOnStore {
  begin(details?: BeginDetails): Promise<BeginOutcome>;
  /** A begin that must make a verification. */
  create(details?: BeginDetails): Promise<StoredVerification>;
  check(code: string, which?: Which, keyIds?: readonly string[]): Promise<CheckOutcome>;
  /** So many checks of a code that is wrong, one after the other; each must be compared. */
  guess(count: number, which?: Which): Promise<void>;
  /** One hand-over, to `carrier` when unset. */
  settle(nonce: string, delivery: number, status: SettledHandOver['status'], provider?: string): Promise<void>;
  settleAll(nonce: string, delivery: number, handOvers: HandOvers): Promise<void>;
  cancel(which?: Which): Promise<EndOutcome>;
  approve(which?: Which): Promise<EndOutcome>;
  find(which?: Which): Promise<StoredVerification | null>;
  lookup(): Promise<{ verifiedAtMs: number } | null>;
  unlock(): Promise<void>;
  erase(): Promise<void>;
}

/** A number on a store: the usual one under the usual limits, unless said otherwise. */
export function numberOn(
  store: Store,
  { name = 'a number', limits = usualLimits }: { name?: string; limits?: NumberLimits } = {},
): NumberOnStore {
  const requests = requestsOf(name, limits);
  return {
    begin: (details) => store.begin(requests.begin(details)),
    create: async (details) => expectOutcome(await store.begin(requests.begin(details)), 'created').verification,
    check: (code, which, keyIds) => store.check(requests.check(code, which, keyIds)),
    async guess(count, which) {
      for (let i = 0; i < count; i += 1) expectOutcome(await store.check(requests.check('000000', which)), 'incorrect');
    },
    settle: (nonce, delivery, status, provider) => store.settle(requests.settle(nonce, delivery, status, provider)),
    settleAll: (nonce, delivery, handOvers) => store.settle(requests.settleAll(nonce, delivery, handOvers)),
    cancel: (which) => store.cancel(requests.target(which)),
    approve: (which) => store.approve(requests.target(which)),
    find: (which) => store.find(requests.target(which)),
    lookup: () => store.lookup(requests.subject),
    unlock: () => store.unlock(requests.subject),
    erase: () => store.erase(requests.subject),
  };
}
