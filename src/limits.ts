import type { IpAddress } from './ip-address.ts';
import { hmac, keyFor, type Keyring } from './keyring.ts';
import type { Policy } from './policy.ts';
import type { BroadLimit, NumberLimits } from './stores/store.ts';

const dayMs = 86_400_000;

/** Which limits hang on a number, as a store takes them: milliseconds, one object for all verbs. */
export function numberLimits(policy: Policy): NumberLimits {
  return {
    sends: [
      { name: 'sends', max: policy.maxSends, windowMs: policy.sendWindowSeconds * 1_000 },
      { name: 'sends_daily', max: policy.maxSendsPerDay, windowMs: dayMs },
    ],
    attempts: { max: policy.maxSends + policy.maxRejectedSends, windowMs: policy.sendWindowSeconds * 1_000 },
    gapMs: policy.sendGapSeconds * 1_000,
    lifetimeMs: policy.lifetimeSeconds * 1_000,
    maxLifetimeMs: policy.maxLifetimeSeconds * 1_000,
    repeatMs: (policy.resendUntilSeconds ?? policy.maxLifetimeSeconds - policy.lifetimeSeconds) * 1_000,
    maxChecks: policy.maxChecks,
    wrongChecks: { max: policy.maxWrongChecksPerDay, windowMs: dayMs },
    lock: { after: policy.lockAfterWrongChecks, forMs: policy.lockSeconds * 1_000 },
    ended: { max: policy.maxEndedKept, keepMs: policy.endedKeptSeconds * 1_000 },
    verifiedMs: policy.verifiedSeconds * 1_000,
  };
}

/** The limits that many numbers share, by the names under which they refuse, and where the policy says how many. */
const broadLimits = {
  address: 'maxSendsPerAddress',
  network: 'maxSendsPerNetwork',
  country: 'maxSendsPerCountry',
  tenant: 'maxSendsPerTenant',
  service: 'maxSendsInAll',
} as const satisfies Record<string, keyof Policy>;

export type BroadLimitName = keyof typeof broadLimits;

export function isBroadLimit(name: string): name is BroadLimitName {
  return Object.hasOwn(broadLimits, name);
}

/** The whole of a broad limit, where a store knows the part that it was given. */
export function broadMax(policy: Policy, name: BroadLimitName): number | null {
  return policy[broadLimits[name]];
}

/** What a send is counted under beside its number. */
export interface BroadCall {
  readonly tenant: string;
  /** Of the number: says which part of a limit is its own. */
  readonly subject: string;
  /** Of the number; null where it belongs to none. */
  readonly country: string | null;
  /** Of the person; null where it is not known. */
  readonly ip: IpAddress | null;
}

/** How many limits are remembered: those of countries and tenants are few and come again and again. Of too many all are forgotten. */
const maxLimitsKept = 10_000;

/**
 * Makes the broad limits of a send. Each is counted within its tenant, so that no tenant can use up what another's users need; only `service` is
 * over all. What it is counted under is a keyed hash under the long-lived key: no address is at rest.
 */
export function createBroadLimits(keyring: Keyring): (policy: Policy, call: BroadCall) => BroadLimit[] {
  const hashKey = keyFor(keyring.subject, 'broad limits');
  const kept = new Map<string, BroadLimit>();

  function make(name: BroadLimitName, whose: readonly string[], windowMs: number, { part, max }: Part): BroadLimit {
    const key = hmac(hashKey, [name, ...whose, String(windowMs), String(part)]).toString('base64url', 0, 16);
    return { name, key, max, windowMs };
  }

  function recall(name: BroadLimitName, whose: readonly string[], windowMs: number, part: Part): BroadLimit {
    const known = `${name} ${whose.join(' ')} ${windowMs} ${part.part} ${part.max}`;
    let limit = kept.get(known);
    if (limit === undefined) {
      limit = make(name, whose, windowMs, part);
      if (kept.size >= maxLimitsKept) kept.clear();
      kept.set(known, limit);
    }
    return limit;
  }

  return (policy, { tenant, subject, country, ip }) => {
    const windowMs = policy.broadWindowSeconds * 1_000;
    const limits: BroadLimit[] = [];
    function add(name: BroadLimitName, whose: readonly string[], limitOf: typeof make): void {
      const whole = broadMax(policy, name);
      if (whole !== null) limits.push(limitOf(name, whose, windowMs, partOf(whole, subject)));
    }
    if (ip) add('address', [tenant, ip.address], make);
    if (ip?.network) add('network', [tenant, ip.network], make);
    add('country', [tenant, country ?? 'none'], recall);
    add('tenant', [tenant], recall);
    add('service', [], recall);
    return limits;
  };
}

/** Which part of a limit, and how much of it. */
interface Part {
  readonly part: number;
  readonly max: number;
}

const leastToPart = 1_000;
const leastPart = 500;
const maxParts = 16;

/**
 * A limit that many numbers hit at once would be one hot key, so a large one is kept in parts, whose sum it is. A number always takes from the same part:
 * which one, nobody can choose, because subjects are keyed hashes.
 */
export function partOf(whole: number, subject: string): Part {
  const parts = whole < leastToPart ? 1 : Math.min(maxParts, Math.floor(whole / leastPart));
  const part = Buffer.from(subject.slice(0, 4), 'base64url').readUIntBE(0, 3) % parts;
  return { part, max: Math.floor(whole / parts) + (part < whole % parts ? 1 : 0) };
}
