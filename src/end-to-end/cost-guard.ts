import { ConfigurationError, VirtualNumberError, type VirtualNumberErrorKind } from '../errors.ts';
import type { VirtualNumberCall, VirtualNumberProvider } from '../virtual-numbers/virtual-number.ts';
import type { Clock } from './time.ts';

/** A number is not rented, because enough were. */
export class CostGuardError extends Error {
  readonly reason: 'max_rents' | 'max_cost';
  constructor(reason: CostGuardError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface CostGuardOptions {
  /** How many numbers may be rented. */
  readonly maxRents: number;
  /** The same within so many milliseconds, whichever; unset: in all. */
  readonly windowMs?: number;
  /** How much may be spent in all, in the provider's currency, as its balance tells. Takes a provider that tells one. */
  readonly maxCost?: number | undefined;
  readonly clock: Clock;
}

/** Bounds what runs may rent. One guard is shared by all runs that share the bound. */
export interface CostGuard {
  /**
   * The provider, but that it rejects an `acquire` with a `CostGuardError` where the bound is reached. Of any number of concurrent calls no more than `maxRents` come to rent a
   * number. One that may have rented one counts: only what the provider surely refused does not.
   */
  around(provider: VirtualNumberProvider): VirtualNumberProvider;
  /** How many count now. */
  rents(): number;
}

/** Refused before anything was rented. */
const surelyNone: ReadonlySet<VirtualNumberErrorKind> = new Set([
  'auth',
  'config',
  'funds',
  'no_numbers',
  'rate_limited',
]);

/** Makes a guard that has let nothing through yet. Throws a `ConfigurationError` when a bound is not a number above 0. */
export function createCostGuard({ maxRents, windowMs = Infinity, maxCost, clock }: CostGuardOptions): CostGuard {
  const faults = [
    ...(Number.isSafeInteger(maxRents) && maxRents > 0 ? [] : ['maxRents must be a whole number of at least 1']),
    ...(windowMs > 0 ? [] : ['windowMs must be more than 0']),
    ...(maxCost === undefined || maxCost > 0 ? [] : ['maxCost must be more than 0']),
  ];
  if (faults.length > 0) throw new ConfigurationError(faults);
  const rents = new Set<{ readonly atMs: number }>();
  const balances = new Map<VirtualNumberProvider, number>();
  /** One at a time where the balance decides: the next has to see what this one cost. */
  let turn: Promise<unknown> = Promise.resolve();

  function dropOld(): void {
    const sinceMs = clock() - windowMs;
    for (const rent of rents) if (rent.atMs <= sinceMs) rents.delete(rent);
  }

  function take() {
    dropOld();
    if (rents.size >= maxRents) {
      const within = windowMs === Infinity ? '' : ` within ${windowMs / 3_600_000} h`;
      throw new CostGuardError(
        'max_rents',
        `${rents.size} numbers were rented${within}, which is the most that this may rent. Raise the bound if that is meant.`,
      );
    }
    const rent = { atMs: clock() };
    rents.add(rent);
    return rent;
  }

  const rent: (provider: VirtualNumberProvider) => VirtualNumberProvider['acquire'] =
    (provider) => async (wanted, call) => {
      const taken = take();
      let asked = false;
      try {
        if (maxCost !== undefined) await assertAffordable(provider, maxCost, wanted.maxPrice ?? 0, call);
        asked = true;
        return await provider.acquire(wanted, call);
      } catch (error) {
        if (!asked || (error instanceof VirtualNumberError && surelyNone.has(error.kind))) rents.delete(taken);
        throw error;
      }
    };

  async function assertAffordable(
    provider: VirtualNumberProvider,
    most: number,
    price: number,
    call: VirtualNumberCall,
  ): Promise<void> {
    if (!provider.balance) {
      throw new CostGuardError('max_cost', `${provider.name} does not tell what is left: bound the number of rents.`);
    }
    const balance = await provider.balance(call);
    const first = balances.get(provider) ?? balance;
    balances.set(provider, first);
    const spent = first - balance;
    if (spent < most && spent + price <= most) return;
    const sum = Math.round(spent * 100) / 100;
    throw new CostGuardError('max_cost', `${sum} is spent of the ${most} that this may spend at ${provider.name}.`);
  }

  return {
    around(provider) {
      const acquire = rent(provider);
      return {
        ...provider,
        acquire(wanted, call) {
          if (maxCost === undefined) return acquire(wanted, call);
          const mine = turn.then(() => acquire(wanted, call));
          turn = mine.catch(() => {});
          return mine;
        },
      };
    },
    rents() {
      dropOld();
      return rents.size;
    },
  };
}
