import { randomInt } from 'node:crypto';
import type { Provider } from '../provider.ts';
import { createRoute, type ChanceOptions, type Route } from './route.ts';

/** A share of the texts: 3 beside 1 gets three of four. 0: only what the others did not take. */
export interface Weighted {
  readonly provider: Provider;
  /** A whole number. */
  readonly weight: number;
}

/**
 * Makes the provider that draws one by weight for each message; the others, drawn in the same way, are asked if it does not take it. Throws a `ConfigurationError` for
 * weights that cannot be drawn by.
 */
export function weighted(shares: readonly Weighted[], options: ChanceOptions = {}): Route {
  const { chance = randomInt } = options;
  const weights = new Map(shares.map(({ provider, weight }) => [provider, weight]));
  const faults = shares
    .filter(({ weight }) => !(Number.isInteger(weight) && weight >= 0 && weight <= 1_000_000))
    .map(
      ({ provider, weight }) => `the weight of ${provider.name} is ${weight}: a whole number from 0 to 1000000 is one`,
    );
  if (faults.length === 0 && sum([...weights.values()]) === 0) faults.push('one weight at least must be more than 0');

  return createRoute({
    name: 'weighted',
    parts: shares.map(({ provider }) => provider),
    options,
    faults,
    arrange(parts, of) {
      const left = [...parts];
      const drawn: Provider[] = [];
      while (left.length > 0) {
        const each = left.map((part) => weights.get(part) ?? 0);
        const inAll = sum(each);
        const roll = inAll > 0 ? chance(inAll) : 0;
        const index = each.findIndex((_, at) => roll < sum(each.slice(0, at + 1)));
        // Where none of those that are left has a weight: in the order that was given.
        drawn.push(...left.splice(Math.max(0, index), 1));
      }
      return drawn.flatMap(of);
    },
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
